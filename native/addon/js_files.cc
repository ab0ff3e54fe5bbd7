// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See js_files.h.
#include "js_files.h"

#include <memory>

#include "control_lease.h"
#include "files.h"
#include "js_convert.h"
#include "js_error.h"
#include "security.h"
#include "sidecar_codec.h"
#include "text.h"

namespace nsp {
namespace {

Napi::Value Elevated(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), IsElevated());
}

Napi::Value UserSid(const Napi::CallbackInfo& info) {
  std::wstring sid;
  ThrowIfFailed(info.Env(), CurrentUserSid(&sid));
  return FromText(info.Env(), sid);
}

Napi::Value Folder(const Napi::CallbackInfo& info) {
  const std::wstring which = ToText(info[0], "which");
  if (which != L"ProgramFiles" && which != L"ProgramData") {
    throw Napi::RangeError::New(info.Env(), "which must be 'ProgramFiles' or 'ProgramData'");
  }
  std::wstring path;
  ThrowIfFailed(info.Env(), FindKnownFolder(which == L"ProgramFiles" ? KnownFolder::kProgramFiles
                                                                     : KnownFolder::kProgramData,
                                            &path));
  return FromText(info.Env(), path);
}

void CreateFolder(const Napi::CallbackInfo& info) {
  const std::wstring path = ToText(info[0], "path");
  std::wstring fault;
  const Status status = CreateProtectedFolder(path, ToText(info[1], "sddl"), &fault);
  if (status.ok()) return;
  Napi::Error error = MakeFailure(info.Env(), status);
  if (!fault.empty()) error.Set("fault", FromText(info.Env(), fault));
  throw error;
}

Napi::Value FolderFault(const Napi::CallbackInfo& info) {
  std::wstring fault;
  ThrowIfFailed(info.Env(), PathFault(ToText(info[0], "path"), &fault));
  return FromOptionalText(info.Env(), fault);
}

Napi::Value SddlFault(const Napi::CallbackInfo& info) {
  UniqueDescriptor descriptor;
  ThrowIfFailed(info.Env(), ParseDescriptor(ToText(info[0], "sddl"), &descriptor));
  return FromOptionalText(info.Env(), DescriptorFault(descriptor.get(), nullptr));
}

void SetDescriptor(const Napi::CallbackInfo& info) {
  const std::wstring path = ToText(info[0], "path");
  ThrowIfFailed(info.Env(), SetPathDescriptor(path, ToText(info[1], "sddl")));
}

Napi::Value GetDescriptor(const Napi::CallbackInfo& info) {
  std::wstring sddl;
  ThrowIfFailed(info.Env(), GetPathDescriptor(ToText(info[0], "path"), &sddl));
  return FromText(info.Env(), sddl);
}

void CreateControlFile(const Napi::CallbackInfo& info) {
  const std::wstring path = ToText(info[0], "path");
  const auto filter = std::make_unique<ControlFilter>();
  ToFilter(ToObject(info[2], "filter"), filter.get());
  ThrowIfFailed(info.Env(), CreateControl(path, ToText(info[1], "sddl"), filter.get()));
}

void RetireControlFile(const Napi::CallbackInfo& info) {
  ThrowIfFailed(info.Env(), RetireControl(ToText(info[0], "path")));
}

Napi::Value ReadControlFile(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto state = ReadControl(ToText(info[0], "path"));
  if (!state) return env.Undefined();
  Napi::Object object = Napi::Object::New(env);
  object.Set("retired", Napi::Boolean::New(env, state->retired));
  object.Set("epoch", Napi::Number::New(env, state->epoch));
  object.Set("hostPid", Napi::Number::New(env, state->host_pid));
  object.Set("pipeName", FromText(env, state->pipe_name));
  return object;
}

Napi::Value SidecarToBytes(const Napi::CallbackInfo& info) {
  const Napi::Object object = ToObject(info[0], "sidecar");
  const Napi::Array ids = ToArray(object.Get("ids"), "ids");
  SidecarText text;
  for (uint32_t i = 0; i < ids.Length(); ++i) {
    text.ids.push_back(ToGuid(ids.Get(i), "id"));
  }
  text.host_sid = ToText(object.Get("hostSid"), "hostSid");
  text.control_path = ToText(object.Get("controlPath"), "controlPath");
  Sidecar sidecar = {};
  ThrowIfFailed(info.Env(), EncodeSidecar(text, &sidecar));
  return FromBytes(info.Env(), &sidecar, sizeof(sidecar));
}

Napi::Value BytesToSidecar(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Uint8Array bytes = ToBytes(info[0], "bytes");
  const auto text = DecodeSidecar(bytes.Data(), bytes.ByteLength());
  if (!text) return env.Undefined();
  Napi::Array ids = Napi::Array::New(env, text->ids.size());
  for (size_t i = 0; i < text->ids.size(); ++i) {
    ids.Set(static_cast<uint32_t>(i), FromText(env, FormatGuid(text->ids[i])));
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("ids", ids);
  object.Set("hostSid", FromText(env, text->host_sid));
  object.Set("controlPath", FromText(env, text->control_path));
  return object;
}

void RemoveAtReboot(const Napi::CallbackInfo& info) {
  ThrowIfFailed(info.Env(), DeleteAtReboot(ToText(info[0], "path")));
}

Napi::Value ProcessesUsing(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::vector<ProcessUsing> processes;
  ThrowIfFailed(env, FindProcessesUsing(ToText(info[0], "path"), &processes));
  Napi::Array array = Napi::Array::New(env, processes.size());
  for (size_t i = 0; i < processes.size(); ++i) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("processId", Napi::Number::New(env, processes[i].process_id));
    object.Set("imagePath", FromText(env, processes[i].image_path));
    array.Set(static_cast<uint32_t>(i), object);
  }
  return array;
}

}  // namespace

void ExportFiles(Napi::Env env, Napi::Object exports) {
  const auto set = [&](const char* name, Napi::Function function) { exports.Set(name, function); };
  set("isElevated", Napi::Function::New<Elevated>(env, "isElevated"));
  set("currentUserSid", Napi::Function::New<UserSid>(env, "currentUserSid"));
  set("folder", Napi::Function::New<Folder>(env, "folder"));
  set("createProtectedFolder", Napi::Function::New<CreateFolder>(env, "createProtectedFolder"));
  set("folderFault", Napi::Function::New<FolderFault>(env, "folderFault"));
  set("descriptorFault", Napi::Function::New<SddlFault>(env, "descriptorFault"));
  set("setDescriptor", Napi::Function::New<SetDescriptor>(env, "setDescriptor"));
  set("getDescriptor", Napi::Function::New<GetDescriptor>(env, "getDescriptor"));
  set("createControlFile", Napi::Function::New<CreateControlFile>(env, "createControlFile"));
  set("retireControlFile", Napi::Function::New<RetireControlFile>(env, "retireControlFile"));
  set("readControlFile", Napi::Function::New<ReadControlFile>(env, "readControlFile"));
  set("encodeSidecar", Napi::Function::New<SidecarToBytes>(env, "encodeSidecar"));
  set("decodeSidecar", Napi::Function::New<BytesToSidecar>(env, "decodeSidecar"));
  set("deleteAtReboot", Napi::Function::New<RemoveAtReboot>(env, "deleteAtReboot"));
  set("processesUsing", Napi::Function::New<ProcessesUsing>(env, "processesUsing"));
}

}  // namespace nsp
