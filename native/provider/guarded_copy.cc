// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Two bodies: MSVC has __try, GCC has not, so there the copy is a few assembler instructions inside
// a frame of their own whose handler resumes behind them. Only their faults are taken; everything
// else goes on to whoever would have had it. What is short, as nearly all is, is copied by plain
// moves: rep movs takes longer to begin than they to end.
#include "guarded_copy.h"

#include <cstring>

#include "windows_headers.h"

namespace nsp {
namespace {

constexpr DWORD kDatatypeMisalignment = 0x80000002u;
constexpr DWORD kGuardPage = 0x80000001u;
constexpr DWORD kAccessViolation = 0xC0000005u;
constexpr DWORD kInPageError = 0xC0000006u;

bool IsMemoryFault(DWORD code) {
  return code == kAccessViolation || code == kInPageError || code == kGuardPage ||
         code == kDatatypeMisalignment;
}

}  // namespace
}  // namespace nsp

#if defined(_MSC_VER)

namespace nsp {

bool GuardedCopy(void* to, const void* from, size_t bytes) {
  __try {
    std::memcpy(to, from, bytes);
    return true;
  } __except (IsMemoryFault(GetExceptionCode()) ? EXCEPTION_EXECUTE_HANDLER
                                                : EXCEPTION_CONTINUE_SEARCH) {
    return false;
  }
}

}  // namespace nsp

#else

#if defined(__x86_64__)
#define NSP_PROGRAM_COUNTER Rip
#elif defined(__i386__)
#define NSP_PROGRAM_COUNTER Eip
#else
#error "A guarded copy for this compiler and processor is missing."
#endif

namespace {

EXCEPTION_DISPOSITION Resume(const EXCEPTION_RECORD* record, CONTEXT* context, const char* at) {
  constexpr DWORD kUnwinding = 0x2 | 0x4;
  if ((record->ExceptionFlags & kUnwinding) == 0 && nsp::IsMemoryFault(record->ExceptionCode)) {
    context->NSP_PROGRAM_COUNTER = reinterpret_cast<uintptr_t>(at);
    return ExceptionContinueExecution;
  }
  return ExceptionContinueSearch;
}

}  // namespace

extern "C" {
extern const char nsp_guarded_copy_fault[];

EXCEPTION_DISPOSITION nsp_guarded_copy_handler(EXCEPTION_RECORD* record, void*, CONTEXT* context,
                                               void*) {
  return Resume(record, context, nsp_guarded_copy_fault);
}
}

#if defined(__x86_64__)

extern "C" {
extern const char nsp_guarded_long_fault[];

EXCEPTION_DISPOSITION nsp_guarded_long_handler(EXCEPTION_RECORD* record, void*, CONTEXT* context,
                                               void*) {
  return Resume(record, context, nsp_guarded_long_fault);
}
}

// Short pieces are read at both ends, so that no size needs a loop of bytes; the ends may overlap.
// Functions that keep nothing on the stack all resume at the same two instructions.
asm(R"(
  .text
  .p2align 4
  .globl nsp_guarded_copy
  .globl nsp_guarded_copy_fault
  .seh_proc nsp_guarded_copy
nsp_guarded_copy:
  .seh_handler nsp_guarded_copy_handler, @except
  .seh_endprologue
  cmpq $16, %r8
  jae 2f
  cmpq $8, %r8
  jae 3f
  cmpq $4, %r8
  jae 4f
  testq %r8, %r8
  je 6f
  movzbl (%rdx), %eax
  movzbl -1(%rdx,%r8), %r9d
  movb %al, (%rcx)
  movb %r9b, -1(%rcx,%r8)
  shrq $1, %r8
  movzbl (%rdx,%r8), %eax
  movb %al, (%rcx,%r8)
  movl $1, %eax
  ret
4:
  movl (%rdx), %eax
  movl -4(%rdx,%r8), %r9d
  movl %eax, (%rcx)
  movl %r9d, -4(%rcx,%r8)
  movl $1, %eax
  ret
3:
  movq (%rdx), %rax
  movq -8(%rdx,%r8), %r9
  movq %rax, (%rcx)
  movq %r9, -8(%rcx,%r8)
  movl $1, %eax
  ret
2:
  cmpq $256, %r8
  ja nsp_guarded_long
  movups (%rdx), %xmm0
  movups -16(%rdx,%r8), %xmm3
  cmpq $32, %r8
  jbe 7f
  movups 16(%rdx), %xmm1
  movups -32(%rdx,%r8), %xmm2
  cmpq $64, %r8
  jbe 8f
  subq $64, %r8
  xorl %eax, %eax
5:
  movups (%rdx,%rax), %xmm0
  movups 16(%rdx,%rax), %xmm1
  movups 32(%rdx,%rax), %xmm4
  movups 48(%rdx,%rax), %xmm5
  movups %xmm0, (%rcx,%rax)
  movups %xmm1, 16(%rcx,%rax)
  movups %xmm4, 32(%rcx,%rax)
  movups %xmm5, 48(%rcx,%rax)
  addq $64, %rax
  cmpq %r8, %rax
  jb 5b
  movups (%rdx,%r8), %xmm0
  movups 16(%rdx,%r8), %xmm1
  movups %xmm0, (%rcx,%r8)
  movups %xmm1, 16(%rcx,%r8)
  movups %xmm2, 32(%rcx,%r8)
  movups %xmm3, 48(%rcx,%r8)
  movl $1, %eax
  ret
8:
  movups %xmm1, 16(%rcx)
  movups %xmm2, -32(%rcx,%r8)
7:
  movups %xmm0, (%rcx)
  movups %xmm3, -16(%rcx,%r8)
6:
  movl $1, %eax
  ret
nsp_guarded_copy_fault:
  xorl %eax, %eax
  ret
  .seh_endproc

  .p2align 4
  .globl nsp_guarded_long_fault
  .seh_proc nsp_guarded_long
nsp_guarded_long:
  pushq %rsi
  .seh_pushreg %rsi
  pushq %rdi
  .seh_pushreg %rdi
  .seh_handler nsp_guarded_long_handler, @except
  .seh_endprologue
  movq %rcx, %rdi
  movq %rdx, %rsi
  movq %r8, %rcx
  movl $1, %eax
  rep movsb
  jmp 1f
nsp_guarded_long_fault:
  xorl %eax, %eax
1:
  popq %rdi
  popq %rsi
  ret
  .seh_endproc

  .p2align 4
  .globl nsp_guarded_gather
  .seh_proc nsp_guarded_gather
nsp_guarded_gather:
  .seh_handler nsp_guarded_copy_handler, @except
  .seh_endprologue
  xorl %eax, %eax
  jmp 2f
1:
  movzwl (%r8,%rax,2), %r10d
  movl (%rdx,%r10,4), %r10d
  movl %r10d, (%rcx,%rax,4)
  incl %eax
2:
  cmpl %r9d, %eax
  jb 1b
  movl $1, %eax
  ret
  .seh_endproc

  .p2align 4
  .globl nsp_guarded_match
  .seh_proc nsp_guarded_match
nsp_guarded_match:
  .seh_handler nsp_guarded_copy_handler, @except
  .seh_endprologue
  cmpq %rdx, (%rcx)
  jne 1f
  cmpl %r9d, (%r8)
  jne 1f
  movl $1, %eax
  ret
1:
  xorl %eax, %eax
  ret
  .seh_endproc
)");

#else

// The registration record lies on the stack and esp does not move between the copy and the
// resumption, so the epilogue finds it whichever way it is reached.
asm(R"(
  .text
  .p2align 4
  .globl _nsp_guarded_copy
  .globl _nsp_guarded_copy_fault
_nsp_guarded_copy:
  pushl %esi
  pushl %edi
  movl 12(%esp), %edi
  movl 16(%esp), %esi
  movl 20(%esp), %ecx
  pushl $_nsp_guarded_copy_handler
  pushl %fs:0
  movl %esp, %fs:0
  cmpl $256, %ecx
  ja 4f
  subl $4, %ecx
  jb 3f
2:
  movl (%esi), %eax
  movl %eax, (%edi)
  addl $4, %esi
  addl $4, %edi
  subl $4, %ecx
  jae 2b
3:
  addl $4, %ecx
  je 5f
4:
  rep movsb
5:
  movl $1, %eax
  jmp 1f
_nsp_guarded_copy_fault:
  xorl %eax, %eax
1:
  popl %fs:0
  addl $4, %esp
  popl %edi
  popl %esi
  ret
)");

#endif

#endif

namespace nsp {

namespace {

constexpr size_t kPage = 4096;

// How many of `most` bytes of a text can be read without going on to another page, in whole units.
// A unit that straddles two pages is read alone.
size_t BytesInPage(const uint8_t* at, size_t most) {
  const size_t room = kPage - (reinterpret_cast<uintptr_t>(at) & (kPage - 1));
  return room < 2 ? 2 : (room < most ? room & ~size_t{1} : most);
}

// None of four units is 0: a borrow reaches the top bit of no unit that had it clear.
bool HasNoZero(const uint16_t* units) {
  constexpr uint64_t kEach = 0x0001000100010001;
  uint64_t four = 0;
  std::memcpy(&four, units, sizeof(four));
  return ((four - kEach) & ~four & (kEach << 15)) == 0;
}

}  // namespace

#if defined(_MSC_VER) || !defined(__x86_64__)

bool GuardedGather(uint32_t* to, const void* words, const uint16_t* index, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    if (!GuardedRead(to + i, static_cast<const uint32_t*>(words) + index[i])) {
      return false;
    }
  }
  return true;
}

bool GuardedMatch(const void* pair, uint64_t two, const void* word, uint32_t one) {
  uint64_t pair_now = 0;
  uint32_t word_now = 0;
  return GuardedRead(&pair_now, pair) && GuardedRead(&word_now, word) && pair_now == two &&
         word_now == one;
}

#endif

bool GuardedLength(const void* text, uint32_t limit, uint32_t* units) {
  const auto* at = static_cast<const uint8_t*>(text);
  uint16_t chunk[128];
  uint32_t length = 0;
  while (length <= limit) {
    const size_t bytes = BytesInPage(at, sizeof(chunk));
    if (!GuardedCopy(chunk, at, bytes)) {
      return false;
    }
    for (size_t i = 0; i < bytes / 2; ++i, ++length) {
      if (chunk[i] == 0) {
        *units = length;
        return length <= limit;
      }
    }
    at += bytes;
  }
  return false;
}

bool GuardedText(void* to, const void* text, uint32_t* units) {
  if (!GuardedCopy(to, text, *units * sizeof(uint16_t))) {
    return false;
  }
  const auto* copy = static_cast<const uint16_t*>(to);
  uint32_t length = 0;
  while (length < *units && copy[length] != 0) {
    ++length;
  }
  *units = length;
  return true;
}

bool GuardedShortText(uint16_t* to, uint32_t limit, const void* text, uint32_t* units) {
  constexpr uint32_t kStep = 32;  // most names are here after one read
  const auto* at = static_cast<const uint8_t*>(text);
  for (uint32_t length = 0; length < limit;) {
    const uint32_t left = limit - length < kStep ? limit - length : kStep;
    const auto end = length + static_cast<uint32_t>(BytesInPage(at, left * sizeof(*to)) / 2);
    if (!GuardedCopy(to + length, at, (end - length) * sizeof(*to))) {
      return false;
    }
    at += (end - length) * sizeof(*to);
    while (end - length >= 4 && HasNoZero(to + length)) {
      length += 4;
    }
    for (; length < end; ++length) {
      if (to[length] == 0) {
        *units = length;
        return true;
      }
    }
  }
  return false;
}

}  // namespace nsp
