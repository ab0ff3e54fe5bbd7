// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The handlers: what the host answers to a lookup, a control code or the question whether a query
// still holds. Each runs on the thread of its connection.
#include <cstdio>

#include "host.h"

namespace faulty {
namespace {

constexpr uint32_t kEcho = 0xD8000001, kUpper = 0xD8000002, kWho = 0xD8000003, kFail = 0xD8000004,
                   kHold = 0xD8000005, kBig = 0xD8000006;
// A handler that is late is answered for this long before the client's own deadline.
constexpr DWORD kMarginMs = 25;

Question ReadQuestion(ByteReader* reader) {
  Question question = {};
  question.op = static_cast<Op>(reader->Number());
  question.entry = static_cast<int>(reader->Number());
  question.client = reader->Number();
  question.ms = reader->Number();
  question.flags = reader->Number();
  question.has_name = reader->Number() != 0;
  question.name = reader->Text();
  question.key = reader->Text();
  question.has_class = reader->Number() != 0;
  const Bytes raw = reader->Run();
  if (raw.size() == sizeof(GUID)) std::memcpy(&question.service_class, raw.data(), sizeof(GUID));
  return question;
}

void Log(const Question& question, const char* op, uint32_t code) {
  std::string line = std::string("{\"op\":\"") + op + "\"";
  if (question.has_name) line += ",\"name\":" + JsonText(Utf8(question.name));
  if (question.has_class) line += ",\"class\":\"" + GuidText(question.service_class) + "\"";
  line += std::string(",\"entry\":\"") + kEntryTable[question.entry].key + "\"";
  line += ",\"flags\":" + std::to_string(question.flags);
  line += ",\"pid\":" + std::to_string(question.client);
  if (code != 0) line += ",\"code\":" + std::to_string(code);
  TheHost().calls.push_back(line + "}");
}

Bytes Code(uint32_t code) {
  ByteWriter writer;
  writer.Number(code);
  writer.Number(0);
  return writer.bytes();
}

// Waits as the behaviour says. False when the handler was late or its client has gone; an aborted
// handler that heeds its signal stops waiting then.
bool WaitAsTold(std::unique_lock<Mutex>* lock, Behaviour* behaviour, bool always, DWORD ms,
                const std::function<bool()>& gone) {
  if (!behaviour->hold && !behaviour->never && !always) return true;
  const ULONGLONG limit = GetTickCount64() + (ms > kMarginMs ? ms - kMarginMs : 0);
  const uint32_t releases = behaviour->releases;
  const auto released = [&] { return !behaviour->never && behaviour->releases != releases; };
  ++behaviour->waiting;
  bool left = false;
  while (!released() && !left && GetTickCount64() < limit) {
    TheHost().changed.Wait(lock->mutex(), 10);
    left = gone();
  }
  --behaviour->waiting;
  if (released()) return true;
  ++behaviour->aborted;
  return false;
}

uint32_t FailureOf(const Behaviour& behaviour) {
  if (behaviour.broken) return WSATRY_AGAIN;
  return behaviour.code;
}

Bytes AnswerLookup(const Question& question, const std::function<bool()>& gone) {
  std::unique_lock lock(TheHost().mutex);
  Log(question, "lookup", 0);
  Behaviour& behaviour = TheHost().names[question.key];
  // As a TypeScript handler does: the data are read first, then something is awaited.
  std::vector<Record> found;
  FindRecords(question, &found);
  if (!WaitAsTold(&lock, &behaviour, false, question.ms, gone)) return Code(WSATRY_AGAIN);
  if (const uint32_t code = FailureOf(behaviour)) return Code(code);
  ByteWriter writer;
  writer.Number(0);
  writer.Number(static_cast<uint32_t>(found.size()));
  for (const Record& record : found)
    WriteRecord(record, &writer);
  return writer.bytes();
}

Bytes AnswerSetService(const Question& question, ByteReader* reader) {
  const uint32_t operation = reader->Number();
  const bool multiple = reader->Number() != 0;
  const Record service = ReadRecord(reader);
  if (!reader->ok() || operation > 2) return Code(WSAEINVAL);
  static const char* const names[] = {"register", "deregister", "remove"};
  const std::lock_guard lock(TheHost().mutex);
  Log(question, names[operation], 0);
  return Code(ApplyChange(operation, multiple, service));
}

Bytes AnswerClass(const Question& question, ByteReader* reader) {
  const std::lock_guard lock(TheHost().mutex);
  std::map<std::string, Bytes>& classes = TheHost().classes;
  const std::string id = GuidText(question.service_class);
  if (question.op == Op::kInstallClass) {
    Log(question, "installClass", 0);
    return Code(classes.emplace(id, reader->Run()).second ? 0 : WSAEALREADY);
  }
  if (question.op == Op::kRemoveClass) {
    Log(question, "removeClass", 0);
    return Code(classes.erase(id) > 0 ? 0 : WSATYPE_NOT_FOUND);
  }
  Log(question, "classInfo", 0);
  const auto found = classes.find(id);
  if (found == classes.end()) return Code(WSATYPE_NOT_FOUND);
  ByteWriter writer;
  writer.Number(0);
  writer.Run(found->second.data(), found->second.size());
  return writer.bytes();
}

Bytes OwnBytes(const Question& question, uint32_t code, const Bytes& input) {
  Bytes output = input;
  if (code == kUpper) {
    for (uint8_t& unit : output)
      unit = static_cast<uint8_t>(std::toupper(unit));
  } else if (code == kWho) {
    const std::wstring text = question.name + L"|" + std::to_wstring(question.client);
    const auto* raw = reinterpret_cast<const uint8_t*>(text.data());
    output.assign(raw, raw + text.size() * sizeof(wchar_t));
  } else if (code == kBig) {
    uint32_t size = 0;
    std::memcpy(&size, input.data(), std::min(input.size(), sizeof(size)));
    output.resize(size);
    for (uint32_t i = 0; i < size; ++i)
      output[i] = static_cast<uint8_t>(i);
  }
  return output;
}

Bytes AnswerIoctl(const Question& question, ByteReader* reader, const std::function<bool()>& gone) {
  const uint32_t code = reader->Number();
  reader->Number();  // the output size: the client's side compares it
  const Bytes input = reader->Run();
  std::unique_lock lock(TheHost().mutex);
  Log(question, "ioctl", code);
  Behaviour& behaviour = TheHost().codes[code];
  if (!WaitAsTold(&lock, &behaviour, code == kHold, question.ms, gone)) return Code(WSATRY_AGAIN);
  if (const uint32_t failure = FailureOf(behaviour)) return Code(failure);
  if (code == kFail) {
    uint32_t failure = WSAEINVAL;
    std::memcpy(&failure, input.data(), std::min(input.size(), sizeof(failure)));
    return Code(failure);
  }
  const Bytes output = OwnBytes(question, code, input);
  ByteWriter writer;
  writer.Number(0);
  writer.Run(output.data(), output.size());
  return writer.bytes();
}

Bytes AnswerStillValid(const Question& question) {
  const std::lock_guard lock(TheHost().mutex);
  Log(question, "stillValid", 0);
  ByteWriter writer;
  writer.Number(0);
  writer.Number(TheHost().still_valid);
  return writer.bytes();
}

}  // namespace

Bytes Answer(const Bytes& request, const std::function<bool()>& gone) {
  ByteReader reader(request);
  const Question question = ReadQuestion(&reader);
  if (!reader.ok() || question.entry < 0 || question.entry >= kEntries) return Code(WSAEINVAL);
  switch (question.op) {
    case Op::kLookup:
      return AnswerLookup(question, gone);
    case Op::kIoctl:
      return AnswerIoctl(question, &reader, gone);
    case Op::kStillValid:
      return AnswerStillValid(question);
    case Op::kSetService:
      return AnswerSetService(question, &reader);
    case Op::kInstallClass:
    case Op::kRemoveClass:
    case Op::kClassInfo:
      return AnswerClass(question, &reader);
    default:
      return Code(0);
  }
}

}  // namespace faulty
