// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// getaddrinfo and GetAddrInfoEx, as ordinary programs use them: ANSI and Unicode, at once,
// overlapped and cancelled.
#include "names.h"

#include <optional>

#include "address.h"

namespace client {
namespace {

// By address: some of them are younger than the headers, and a program may ask an older Windows.
template <class Function>
Function Find(const char* name) {
  const HMODULE ws2_32 = GetModuleHandleW(L"ws2_32.dll");
  const auto found = reinterpret_cast<void*>(GetProcAddress(ws2_32, name));
  if (found == nullptr) throw std::runtime_error(std::string("ws2_32 has no ") + name);
  return reinterpret_cast<Function>(found);
}

using Routine = void(CALLBACK*)(DWORD error, DWORD bytes, OVERLAPPED* overlapped);
template <class Char, class Info>
using ResolveEx = int(WSAAPI*)(const Char*, const Char*, DWORD, GUID*, const Info*, Info**,
                               timeval*, OVERLAPPED*, Routine, HANDLE*);

std::wstring Wide(const char* text) {
  return FromAnsi(text);
}
std::wstring Wide(const wchar_t* text) {
  return text;
}

// A text argument in the caller's own characters; absent or @null is NULL.
template <class Char>
class TextArgument {
 public:
  TextArgument(const Command& command, const char* key) {
    if (!command.Has(key) || command.IsSpecial(key)) return;
    if constexpr (sizeof(Char) == 1) {
      text_ = ToAnsi(command.Wide(key));
    } else {
      text_ = command.Wide(key);
    }
  }
  const Char* get() const { return text_ ? text_->c_str() : nullptr; }

 private:
  std::optional<std::basic_string<Char>> text_;
};

// family= flags= socktype=1 protocol=; with hints=@null there are none.
template <class Info>
class Hints {
 public:
  explicit Hints(const Command& command) : none_(command.IsSpecial("hints")) {
    hints_.ai_family = static_cast<int>(command.Number("family", 0));
    hints_.ai_flags = static_cast<int>(command.Number("flags", 0));
    hints_.ai_socktype = static_cast<int>(command.Number("socktype", SOCK_STREAM));
    hints_.ai_protocol = static_cast<int>(command.Number("protocol", 0));
  }
  const Info* get() const { return none_ ? nullptr : &hints_; }

 private:
  bool none_;
  Info hints_{};
};

template <class Info>
void Show(Step& step, const Info* found) {
  JsonArray results;
  JsonArray addresses;
  for (const Info* info = found; info != nullptr;
       info = reinterpret_cast<const Info*>(info->ai_next)) {
    const std::string address = AddressText(info->ai_addr);
    Json item;
    item.Set("flags", info->ai_flags)
        .Set("family", info->ai_family)
        .Set("socktype", info->ai_socktype)
        .Set("protocol", info->ai_protocol)
        .Set("length", info->ai_addrlen)
        .Set("address", address)
        .Set("port", AddressPort(info->ai_addr));
    if (info->ai_canonname != nullptr) item.Set("canonical", Wide(info->ai_canonname));
    if constexpr (requires { info->ai_provider; }) {
      if (info->ai_provider != nullptr) item.Set("provider", GuidText(*info->ai_provider));
    }
    results.Add(item.Object());
    addresses.Add(JsonText(address));
  }
  step.data.Raw("results", results.Array()).Raw("addresses", addresses.Array());
  if (found != nullptr && found->ai_canonname != nullptr) {
    step.data.Set("canonical", Wide(found->ai_canonname));
  }
}

// getaddrinfo name= [service=] [family=0] [flags=0] [socktype=1] [protocol=0] [hints=@null]
// [ansi=1]: the result is the code itself.
void GetAddrInfoVerb(Step& step) {
  if (step.command.Flag("ansi")) {
    const TextArgument<char> name(step.command, "name"), service(step.command, "service");
    const Hints<ADDRINFOA> hints(step.command);
    ADDRINFOA* found = nullptr;
    step.Call("getaddrinfo",
              [&] { return getaddrinfo(name.get(), service.get(), hints.get(), &found); });
    if (step.ret == 0) Show(step, found);
    freeaddrinfo(found);
    return;
  }
  const TextArgument<wchar_t> name(step.command, "name"), service(step.command, "service");
  const Hints<ADDRINFOW> hints(step.command);
  ADDRINFOW* found = nullptr;
  step.Call("GetAddrInfoW",
            [&] { return GetAddrInfoW(name.get(), service.get(), hints.get(), &found); });
  if (step.ret == 0) Show(step, found);
  FreeAddrInfoW(found);
}

// The optional nsp= argument.
class ProviderArgument {
 public:
  explicit ProviderArgument(const Command& command) : given_(command.Has("nsp")) {
    if (given_) id_ = command.Guid("nsp");
  }
  GUID* get() { return given_ ? &id_ : nullptr; }

 private:
  bool given_;
  GUID id_{};
};

// An overlapped GetAddrInfoExW. Only the system and one step at a time look at it.
struct Pending {
  OVERLAPPED overlapped{};  // first: the completion routine finds the rest by it
  HANDLE done = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  ADDRINFOEXW* found = nullptr;
  HANDLE cancel = nullptr;
  volatile LONG calls = 0;
  volatile DWORD error = 0;
};

Named<Pending>& Running() {
  static auto* const running = new Named<Pending>;
  return *running;
}

void CALLBACK Completed(DWORD error, DWORD, OVERLAPPED* overlapped) {
  auto* const pending = reinterpret_cast<Pending*>(overlapped);
  pending->error = error;
  InterlockedIncrement(&pending->calls);
  SetEvent(pending->done);
}

// Kept for good when it pends: the system writes into it until it is done.
void StartOverlapped(Step& step, const std::string& how) {
  const auto pending = std::make_shared<Pending>();
  const TextArgument<wchar_t> name(step.command, "name"), service(step.command, "service");
  const Hints<ADDRINFOEXW> hints(step.command);
  ProviderArgument provider(step.command);
  const auto ns = static_cast<DWORD>(step.command.Number("ns", NS_DNS));
  const Routine routine = how == "routine" ? Completed : nullptr;
  if (how == "event") pending->overlapped.hEvent = pending->done;
  Running().Put(step.command.Text("a", "last"), pending);
  const auto resolve = Find<ResolveEx<wchar_t, ADDRINFOEXW>>("GetAddrInfoExW");
  step.Call("GetAddrInfoExW", [&] {
    return resolve(name.get(), service.get(), ns, provider.get(), hints.get(), &pending->found,
                   nullptr, &pending->overlapped, routine, &pending->cancel);
  });
  step.data.Set("handle", pending->cancel != nullptr);
}

template <class Char, class Info>
void ResolveNow(Step& step, const char* function, const char* release) {
  const TextArgument<Char> name(step.command, "name"), service(step.command, "service");
  const Hints<Info> hints(step.command);
  ProviderArgument provider(step.command);
  const auto ns = static_cast<DWORD>(step.command.Number("ns", NS_DNS));
  const auto resolve = Find<ResolveEx<Char, Info>>(function);
  Info* found = nullptr;
  step.Call(function, [&] {
    return resolve(name.get(), service.get(), ns, provider.get(), hints.get(), &found, nullptr,
                   nullptr, nullptr, nullptr);
  });
  if (step.ret == 0) Show(step, found);
  Find<void(WSAAPI*)(Info*)>(release)(found);
}

// getaddrinfoex, as getaddrinfo, and [ns=12] [nsp=GUID] [how=event|routine|neither] [a=NAME]: with
// how= it is overlapped, and `a` names it for the verbs below.
void GetAddrInfoExVerb(Step& step) {
  const std::string how = step.command.Text("how", "");
  if (!how.empty()) return StartOverlapped(step, how);
  if (step.command.Flag("ansi")) {
    ResolveNow<char, ADDRINFOEXA>(step, "GetAddrInfoExA", "FreeAddrInfoEx");
  } else {
    ResolveNow<wchar_t, ADDRINFOEXW>(step, "GetAddrInfoExW", "FreeAddrInfoExW");
  }
}

// getaddrinfoex-result [a=NAME] [ms=0]: waits, then what GetAddrInfoExOverlappedResult says.
void OverlappedResult(Step& step) {
  const auto pending = Running().Get(step.command.Text("a", "last"));
  const auto ms = static_cast<DWORD>(step.command.Number("ms", 0));
  const bool done = WaitForSingleObject(pending->done, ms) == WAIT_OBJECT_0;
  const auto result = Find<int(WSAAPI*)(OVERLAPPED*)>("GetAddrInfoExOverlappedResult");
  step.Call("GetAddrInfoExOverlappedResult", [&] { return result(&pending->overlapped); });
  step.data.Set("done", done)
      .Set("calls", pending->calls)
      .Set("error", static_cast<uint64_t>(pending->error));
  if (!done) return;
  Show(step, pending->found);
  Find<void(WSAAPI*)(ADDRINFOEXW*)>("FreeAddrInfoExW")(pending->found);
  pending->found = nullptr;
}

// getaddrinfoex-cancel [a=NAME]
void CancelOverlapped(Step& step) {
  const auto pending = Running().Get(step.command.Text("a", "last"));
  HANDLE handle = pending->cancel;
  const auto cancel = Find<int(WSAAPI*)(HANDLE*)>("GetAddrInfoExCancel");
  step.Call("GetAddrInfoExCancel", [&] { return cancel(&handle); });
}

}  // namespace

void AddNameVerbs() {
  AddVerb("getaddrinfo", GetAddrInfoVerb);
  AddVerb("getaddrinfoex", GetAddrInfoExVerb);
  AddVerb("getaddrinfoex-result", OverlappedResult);
  AddVerb("getaddrinfoex-cancel", CancelOverlapped);
  AddEntryVerbs();
}

}  // namespace client
