// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// See class_info.h.
#include "class_info.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace client {
namespace {

constexpr size_t kArena = 16384;

// Reads what a call has written; nothing is dereferenced that was not found inside the buffer.
class Reader {
 public:
  Reader(const void* buffer, size_t size)
      : base_(static_cast<const uint8_t*>(buffer)), size_(size) {}

  Json Describe() {
    WSASERVICECLASSINFOW info{};
    Read("structure", base_, &info, sizeof info, 1);
    GUID id{};
    const bool has_id = Read("class id", info.lpServiceClassId, &id, sizeof id, 4);
    out_.Set("idInside", has_id);
    if (has_id) out_.Set("class", GuidText(id));
    out_.Set("name", Text("class name", info.lpszServiceClassName));
    out_.Set("count", static_cast<uint64_t>(info.dwCount));
    JsonArray list;
    for (DWORD i = 0; i < info.dwCount && inside_; ++i)
      list.Add(Property(info.lpClassInfos + i).Object());
    return out_.Raw("properties", list.Array())
        .Set("used", used_)
        .Set("inside", inside_)
        .Set("aligned", aligned_)
        .Raw("problems", problems_.Array());
  }

 private:
  bool Claim(const char* what, const void* pointer, size_t bytes, size_t alignment) {
    const auto at = reinterpret_cast<uintptr_t>(pointer);
    const auto base = reinterpret_cast<uintptr_t>(base_);
    if (at < base || at > base + size_ || bytes > base + size_ - at) {
      inside_ = false;
      problems_.Add(JsonText(std::string(what) + " lies outside the buffer"));
      return false;
    }
    if (at % alignment != 0) {
      aligned_ = false;
      problems_.Add(JsonText(std::string(what) + " is not aligned"));
    }
    used_ = std::max(used_, static_cast<size_t>(at - base + bytes));
    return true;
  }

  bool Read(const char* what, const void* from, void* to, size_t bytes, size_t alignment) {
    if (!Claim(what, from, bytes, alignment)) return false;
    std::memcpy(to, from, bytes);
    return true;
  }

  std::wstring Text(const char* what, const wchar_t* from) {
    std::wstring text;
    for (wchar_t unit = 0;; text += unit) {
      const wchar_t* const at = from + text.size();
      if (!Read(what, at, &unit, sizeof unit, sizeof unit) || unit == 0) return text;
    }
  }

  Json Property(const WSANSCLASSINFOW* at) {
    WSANSCLASSINFOW entry{};
    Json out;
    if (!Read("property", at, &entry, sizeof entry, sizeof(void*))) return out;
    out.Set("name", Text("property name", entry.lpszName))
        .Set("namespace", static_cast<uint64_t>(entry.dwNameSpace))
        .Set("type", static_cast<uint64_t>(entry.dwValueType));
    const bool empty = entry.dwValueSize == 0;
    // A number is read where it lies, so it has to lie where numbers may.
    const size_t alignment = entry.dwValueSize == 4 ? 4 : 1;
    if (!empty && !Claim("property value", entry.lpValue, entry.dwValueSize, alignment)) return out;
    return out.Set("value", empty ? "" : ToHex(entry.lpValue, entry.dwValueSize));
  }

  const uint8_t* base_;
  size_t size_;
  Json out_;
  JsonArray problems_;
  size_t used_ = 0;
  bool aligned_ = true;
  bool inside_ = true;
};

}  // namespace

ClassId::ClassId(const Command& command) {
  if (!command.Has("class")) return;
  if (!command.IsSpecial("class")) value = command.Guid("class");
  pointer = static_cast<GUID*>(PointerFor(command, "class", &value));
}

ClassDescription::ClassDescription(const Command& command)
    : block_(std::make_shared<Block>(kArena, uint8_t{0})),
      odd_(static_cast<size_t>(command.Number("odd", 0))) {
  WSASERVICECLASSINFOW info{};
  const ClassId id(command);
  info.lpServiceClassId = id.pointer == &id.value
                              ? static_cast<GUID*>(Copy(&id.value, sizeof(GUID), odd_))
                              : id.pointer;
  if (command.Has("classname")) {
    void* const name = command.IsSpecial("classname") ? nullptr : Text(command.Wide("classname"));
    info.lpszServiceClassName = static_cast<LPWSTR>(PointerFor(command, "classname", name));
  }
  FillProperties(command, info);
  void* const structure = Copy(&info, sizeof info, odd_);
  hash_ = block_->Hash();
  pointer_ = PointerFor(command, "info", structure);
}

void* ClassDescription::Copy(const void* data, size_t size, size_t odd) {
  used_ = ((used_ + 7) & ~size_t{7}) + odd;
  if (used_ + size > kArena) throw std::runtime_error("class information too large");
  void* const place = block_->data() + used_;
  if (size > 0) std::memcpy(place, data, size);
  used_ += size;
  return place;
}

void* ClassDescription::Text(const std::wstring& text) {
  return Copy(text.c_str(), (text.size() + 1) * sizeof(wchar_t));
}

void ClassDescription::FillProperties(const Command& command, WSASERVICECLASSINFOW& info) {
  std::vector<WSANSCLASSINFOW> list;
  const bool special = command.IsSpecial("props");
  for (const std::string& text : Split(special ? "" : command.Text("props", ""), ',')) {
    const std::vector<std::string> parts = Split(text, ':');
    if (parts.size() < 3) throw std::runtime_error("props: name:namespace:type:hex");
    const std::vector<uint8_t> value = FromHex(parts.size() > 3 ? parts[3] : "");
    WSANSCLASSINFOW entry{};
    entry.lpszName = static_cast<LPWSTR>(Text(ToWide(parts[0])));
    entry.dwNameSpace = static_cast<DWORD>(ParseNumber(parts[1]));
    entry.dwValueType = static_cast<DWORD>(ParseNumber(parts[2]));
    entry.dwValueSize = static_cast<DWORD>(value.size());
    entry.lpValue = Copy(value.data(), value.size());
    if (list.empty()) {
      entry.lpszName = static_cast<LPWSTR>(PointerFor(command, "propname", entry.lpszName));
      entry.lpValue = PointerFor(command, "propvalue", entry.lpValue);
      entry.dwValueSize = static_cast<DWORD>(command.Number("propsize", value.size()));
    }
    list.push_back(entry);
  }
  void* const placed =
      list.empty() ? nullptr : Copy(list.data(), list.size() * sizeof list[0], odd_);
  info.dwCount = static_cast<DWORD>(command.Number("count", list.size()));
  info.lpClassInfos = static_cast<WSANSCLASSINFOW*>(PointerFor(command, "props", placed));
}

Json DescribeClass(const void* buffer, size_t size) {
  return Reader(buffer, size).Describe();
}

}  // namespace client
