// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The harness of the native unit tests: TEST(name) { ... } registers a case, CHECK and CHECK_EQUAL
// count, a case without a check fails.
#ifndef WINSOCK_NSP_TEST_NATIVE_CHECK_H_
#define WINSOCK_NSP_TEST_NATIVE_CHECK_H_

#include <cstdio>
#include <string>
#include <vector>

namespace check {

struct Case {
  const char* name;
  void (*body)();
};
inline std::vector<Case> cases;
inline std::vector<std::string> complaints;
inline int checks = 0;

inline bool Register(const char* name, void (*body)()) {
  cases.push_back({name, body});
  return true;
}
inline void That(bool holds, const char* text, int line) {
  ++checks;
  if (!holds) complaints.push_back(std::to_string(line) + ": " + text);
}
template <typename A, typename B>
void Equal(const A& actual, const B& expected, const char* text, int line) {
  ++checks;
  if (static_cast<long long>(actual) == static_cast<long long>(expected)) return;
  complaints.push_back(std::to_string(line) + ": " + text + " is " +
                       std::to_string(static_cast<long long>(actual)) + ", not " +
                       std::to_string(static_cast<long long>(expected)));
}

inline int RunAll() {
  int failed = 0;
  for (const Case& one : cases) {
    checks = 0;
    complaints.clear();
    one.body();
    if (checks == 0) complaints.push_back("nothing was checked");
    std::printf("%s %s\n", complaints.empty() ? "ok" : "not ok", one.name);
    for (const std::string& complaint : complaints)
      std::printf("  %s\n", complaint.c_str());
    failed += complaints.empty() ? 0 : 1;
  }
  std::printf("%d passed, %d failed\n", static_cast<int>(cases.size()) - failed, failed);
  return failed == 0 && !cases.empty() ? 0 : 1;
}

}  // namespace check

#define TEST(name)                                                    \
  static void name();                                                 \
  static const bool name##_registered = check::Register(#name, name); \
  static void name()
#define CHECK(condition) check::That(condition, #condition, __LINE__)
#define CHECK_EQUAL(actual, expected) check::Equal(actual, expected, #actual, __LINE__)

int main() {
  return check::RunAll();
}

#endif  // WINSOCK_NSP_TEST_NATIVE_CHECK_H_
