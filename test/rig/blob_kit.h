// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Blobs as gethostbyname and getservbyname expect them from a provider: hostent and servent of the
// process's own width, with offsets from the start of the blob where the structures have pointers.
#ifndef RIG_BLOB_KIT_H_
#define RIG_BLOB_KIT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "winsock.h"

namespace rig {

class BlobWriter {
 public:
  // The structure itself comes first; its members are set as the rest is added.
  explicit BlobWriter(size_t structure) : bytes_(structure, '\0') {}

  size_t Text(const std::string& text) { return Add(text.c_str(), text.size() + 1, 1); }
  size_t Bytes(const void* data, size_t size) { return Add(data, size, sizeof(void*)); }

  // An array of offsets with its end, which is there also when the array is empty.
  size_t Offsets(std::vector<ULONG_PTR> offsets) {
    offsets.push_back(0);
    return Bytes(offsets.data(), offsets.size() * sizeof(ULONG_PTR));
  }
  size_t Texts(const std::vector<std::string>& texts) {
    std::vector<ULONG_PTR> offsets;
    for (const std::string& text : texts)
      offsets.push_back(Text(text));
    return Offsets(std::move(offsets));
  }

  template <class Member>
  void Set(size_t at, Member value) {
    memcpy(bytes_.data() + at, &value, sizeof value);
  }
  void SetOffset(size_t at, size_t offset) { Set(at, static_cast<ULONG_PTR>(offset)); }

  std::vector<BYTE> Take() const { return {bytes_.begin(), bytes_.end()}; }

 private:
  size_t Add(const void* data, size_t size, size_t align) {
    const size_t at = (bytes_.size() + align - 1) / align * align;
    bytes_.resize(at, '\0');
    bytes_.append(static_cast<const char*>(data), size);
    return at;
  }

  std::string bytes_;
};

inline std::vector<BYTE> HostentBlob(const std::string& name,
                                     const std::vector<std::string>& aliases,
                                     const std::vector<IN_ADDR>& addresses) {
  BlobWriter blob(sizeof(hostent));
  blob.SetOffset(offsetof(hostent, h_name), blob.Text(name));
  blob.SetOffset(offsetof(hostent, h_aliases), blob.Texts(aliases));
  blob.Set(offsetof(hostent, h_addrtype), static_cast<short>(AF_INET));
  blob.Set(offsetof(hostent, h_length), static_cast<short>(sizeof(IN_ADDR)));
  std::vector<ULONG_PTR> offsets;
  for (const IN_ADDR& address : addresses)
    offsets.push_back(blob.Bytes(&address, sizeof address));
  blob.SetOffset(offsetof(hostent, h_addr_list), blob.Offsets(std::move(offsets)));
  return blob.Take();
}

// `port` in network byte order, as servent has it.
inline std::vector<BYTE> ServentBlob(const std::string& name,
                                     const std::vector<std::string>& aliases, short port,
                                     const std::string& protocol) {
  BlobWriter blob(sizeof(servent));
  blob.SetOffset(offsetof(servent, s_name), blob.Text(name));
  blob.SetOffset(offsetof(servent, s_aliases), blob.Texts(aliases));
  blob.SetOffset(offsetof(servent, s_proto), blob.Text(protocol));
  blob.Set(offsetof(servent, s_port), port);
  return blob.Take();
}

}  // namespace rig

#endif  // RIG_BLOB_KIT_H_
