// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A control file of any bytes, written, scribbled on, left half written and read: a filter that is
// read is the one that lies there, and after a writer every reader sees what was written.
#include "control_writer.h"

#include <memory>

#include "file_checks.h"
#include "filters.h"

namespace {

using fuzz::Tape;

// The whole mapping, of which the file's members are the beginning.
struct Mapping {
  std::unique_ptr<uint64_t[]> words{new uint64_t[nsp::kControlBytes / 8]};
  nsp::ControlFile* file = reinterpret_cast<nsp::ControlFile*>(words.get());
  uint8_t* bytes = reinterpret_cast<uint8_t*>(words.get());
};

class Control {
 public:
  Control() { std::memset(file_, 0, sizeof(*file_)); }

  void Step(Tape* tape) {
    switch (tape->Below(7)) {
      case 0:
        return Write(tape);
      case 1:
        return Read(static_cast<int>(tape->Below(3)));
      case 2:
        // A host that was killed while it wrote, or whose sequence is about to run over.
        file_->sequence = tape->Chance() ? tape->Byte() : 0u - tape->Below(4);
        return Read(1);
      case 3:
        tape->Lie(mapping().bytes, sizeof(*file_));
        return Read(2);
      case 4: {
        const uint32_t index = tape->Take<uint16_t>() % nsp::kCounterCount;
        const uint32_t before = nsp::ReadCounter(*file_, index);
        nsp::BumpCounter(file_, index);
        REQUIRE(nsp::ReadCounter(*file_, index) == before + 1);
        return;
      }
      case 5: {
        const bool retired = tape->Chance();
        const uint32_t others = file_->flags & ~nsp::kControlRetired;
        nsp::SetRetired(file_, retired);
        REQUIRE(nsp::IsRetired(*file_) == retired);
        REQUIRE((file_->flags & ~nsp::kControlRetired) == others);
        return;
      }
      default:
        nsp::InitializeControl(file_);
        REQUIRE(nsp::CheckControlHead(file_->magic, file_->version, file_->bytes));
    }
  }

 private:
  static Mapping& mapping() {
    static Mapping only;
    return only;
  }
  static nsp::ControlFilter* filter(int which) {
    static const auto both = std::make_unique<nsp::ControlFilter[]>(2);
    return &both[which];
  }

  // A filter is many words and each is one atomic access: only a few are copied for an input.
  void Read(int tries) {
    if (--copies_left_ < 0) return;
    const bool read = nsp::ReadControlFilter(*file_, tries, filter(0));
    REQUIRE(read == (tries > 0 && file_->sequence != 0 && file_->sequence % 2 == 0));
    if (!read) return;
    REQUIRE(std::memcmp(filter(0), &file_->filter, sizeof(file_->filter)) == 0);
  }

  void Write(Tape* tape) {
    copies_left_ -= 2;
    if (copies_left_ < 0) return;
    const uint32_t before = file_->sequence;
    const uint32_t data_file = file_->data_file;
    const uint32_t counter = file_->counters[0];
    fuzz::MakeFilter(tape, filter(1));
    nsp::WriteControlFilter(file_, *filter(1));
    REQUIRE(file_->sequence != before && file_->sequence != 0 && file_->sequence % 2 == 0);
    REQUIRE(file_->data_file == data_file && file_->counters[0] == counter);
    REQUIRE(nsp::ReadControlFilter(*file_, 1, filter(0)));
    REQUIRE(std::memcmp(filter(0), filter(1), sizeof(*filter(1))) == 0);
  }

  nsp::ControlFile* file_ = mapping().file;
  int copies_left_ = 3;
};

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Tape tape(data, size);
  Control control;
  for (int steps = 0; steps < 6 && tape.left() != 0; ++steps)
    control.Step(&tape);
  return 0;
}
