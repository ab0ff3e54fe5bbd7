// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The functions on service classes: schemas that the host stores.
#include <vector>

#include "host_call.h"
#include "memory.h"
#include "registration.h"
#include "switches.h"
#include "walk.h"

namespace faulty {
namespace {

constexpr DWORD kMostProperties = 256;
constexpr DWORD kMostValue = 65536;

DWORD NullCode() {
  return Broken(Switch::kClassNullCode) ? WSAEFAULT : WSAEINVAL;
}

bool ReadProperty(const WSANSCLASSINFOW& raw, ByteWriter* to) {
  std::wstring name;
  if (raw.lpszName && !ReadText(raw.lpszName, &name)) return false;
  if (raw.dwValueSize > kMostValue) return false;
  Bytes value(raw.dwValueSize);
  if (!ReadMemory(raw.lpValue, value.data(), value.size())) return false;
  to->Text(name);
  to->Number(raw.dwNameSpace);
  to->Number(raw.dwValueType);
  to->Run(value.data(), value.size());
  return true;
}

// The schema as the host stores it: it looks into none of it.
bool ReadSchema(const WSASERVICECLASSINFOW& raw, ByteWriter* to) {
  std::wstring name;
  if (raw.lpszServiceClassName && !ReadText(raw.lpszServiceClassName, &name)) return false;
  if (raw.dwCount > kMostProperties) return false;
  std::vector<WSANSCLASSINFOW> list(raw.dwCount);
  if (!ReadMemory(raw.lpClassInfos, list.data(), list.size() * sizeof(WSANSCLASSINFOW))) {
    return false;
  }
  to->Text(name);
  to->Number(raw.dwCount);
  for (const WSANSCLASSINFOW& property : list) {
    if (!ReadProperty(property, to)) return false;
  }
  return true;
}

void PackSchema(const Bytes& schema, const GUID& id, Walk* walk, WSASERVICECLASSINFOW* info) {
  static GUID elsewhere;
  ByteReader reader(schema);
  const std::wstring name = reader.Text();
  info->lpServiceClassId = walk->Copy<GUID>(&id, sizeof(id));
  if (Broken(Switch::kClassGuidOutside)) info->lpServiceClassId = &(elsewhere = id);
  info->lpszServiceClassName =
      walk->Copy<wchar_t>(name.c_str(), (name.size() + 1) * sizeof(wchar_t));
  info->dwCount = reader.Number();
  auto* list = walk->Take<WSANSCLASSINFOW>(info->dwCount * sizeof(WSANSCLASSINFOW));
  info->lpClassInfos = list;
  for (DWORD i = 0; i < info->dwCount && reader.ok(); ++i) {
    const std::wstring property = reader.Text();
    WSANSCLASSINFOW entry = {};
    entry.dwNameSpace = reader.Number();
    entry.dwValueType = reader.Number();
    const Bytes value = reader.Run();
    entry.lpszName = walk->Copy<wchar_t>(property.c_str(), (property.size() + 1) * sizeof(wchar_t));
    entry.dwValueSize = static_cast<DWORD>(value.size());
    entry.lpValue = walk->Copy<uint8_t>(value.data(), value.size());
    if (list) std::memcpy(static_cast<void*>(list + i), &entry, sizeof(entry));
  }
}

DWORD WriteSchema(const Bytes& schema, const GUID& id, DWORD room, DWORD* length,
                  WSASERVICECLASSINFOW* to) {
  WSASERVICECLASSINFOW info = {};
  Walk measure(nullptr, sizeof(info));
  PackSchema(schema, id, &measure, &info);
  auto need = static_cast<DWORD>(measure.need());
  if (room < need) {
    if (Broken(Switch::kClassNeedShort)) need = sizeof(info);
    WriteMemory(length, &need, sizeof(need));
    return WSAEFAULT;
  }
  // Written onto itself first, by the system: a client's buffer may be anything.
  std::vector<uint8_t> probe(need);
  if (!ReadMemory(to, probe.data(), need) || !WriteMemory(to, probe.data(), need)) return WSAEFAULT;
  auto* const buffer = reinterpret_cast<uint8_t*>(to);
  Walk walk(buffer, sizeof(info));
  PackSchema(schema, id, &walk, &info);
  std::memcpy(buffer, &info, sizeof(info));
  return 0;
}

}  // namespace

DWORD InstallClass(const GUID* id, const WSASERVICECLASSINFOW* info) {
  if (!id || !info) return NullCode();
  GUID provider;
  WSASERVICECLASSINFOW raw;
  if (!ReadMemory(id, &provider, sizeof(provider))) return WSAEFAULT;
  if (!ReadMemory(info, &raw, sizeof(raw))) return WSAEFAULT;
  if (!raw.lpServiceClassId) return NullCode();
  HostCall call;
  ByteWriter schema;
  if (!ReadMemory(raw.lpServiceClassId, &call.query.service_class, sizeof(GUID))) return WSAEFAULT;
  if (!ReadSchema(raw, &schema)) return WSAEFAULT;
  call.query.has_class = true;
  if (const DWORD code = call.Open(provider)) return code;
  ByteWriter more;
  more.Run(schema.bytes().data(), schema.bytes().size());
  Bytes reply;
  const DWORD code = call.Ask(Op::kInstallClass, more.bytes(), &reply);
  return code == WSAEALREADY && Broken(Switch::kClassAgainSucceeds) ? 0 : code;
}

DWORD RemoveClass(const GUID* id, const GUID* service_class) {
  if (!id || !service_class) return WSAEINVAL;
  GUID provider;
  HostCall call;
  if (!ReadMemory(id, &provider, sizeof(provider))) return WSAEFAULT;
  if (!ReadMemory(service_class, &call.query.service_class, sizeof(GUID))) return WSAEFAULT;
  call.query.has_class = true;
  if (const DWORD code = call.Open(provider)) return code;
  Bytes reply;
  const DWORD code = call.Ask(Op::kRemoveClass, {}, &reply);
  return code == WSATYPE_NOT_FOUND && Broken(Switch::kRemoveUnknownSucceeds) ? 0 : code;
}

DWORD GetClassInfo(const GUID* id, DWORD* length, WSASERVICECLASSINFOW* info) {
  if (!id || !length || !info) return WSAEINVAL;
  GUID provider;
  GUID* wanted = nullptr;
  DWORD room = 0;
  HostCall call;
  if (!ReadMemory(id, &provider, sizeof(provider))) return WSAEFAULT;
  if (!ReadMemory(length, &room, sizeof(room))) return WSAEFAULT;
  const bool whole = room >= sizeof(*info);
  if (whole) {
    if (!ReadMemory(&info->lpServiceClassId, &wanted, sizeof(wanted))) return WSAEFAULT;
    if (!wanted) return WSAEINVAL;
    if (!ReadMemory(wanted, &call.query.service_class, sizeof(GUID))) return WSAEFAULT;
  }
  call.query.has_class = true;
  if (const DWORD code = call.Open(provider)) return code;
  if (!whole) {
    // The class can't be read out of less than a structure.
    const DWORD least = sizeof(*info);
    WriteMemory(length, &least, sizeof(least));
    return WSAEFAULT;
  }
  Bytes schema;
  const DWORD code = call.Ask(Op::kClassInfo, {}, &schema);
  if (code != 0) {
    const bool other = code == WSATYPE_NOT_FOUND && Broken(Switch::kUnknownClassCode);
    return other ? WSASERVICE_NOT_FOUND : code;
  }
  return WriteSchema(schema, call.query.service_class, room, length, info);
}

}  // namespace faulty
