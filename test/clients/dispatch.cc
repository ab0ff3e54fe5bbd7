// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT

// Reads commands, runs each here or on a named thread, prints one line a command. thread=NAME runs
// the step on that thread; async=ID answers at once, and `join id=ID` gives the step's own line.
#include <atomic>

#include "objects.h"

namespace client {
namespace {

std::map<std::string, Verb>& Verbs() {
  static auto* const verbs = new std::map<std::string, Verb>;
  return *verbs;
}

std::atomic<uint64_t> current_step = 0;

std::shared_ptr<Worker> WorkerNamed(const std::string& name) {
  std::shared_ptr<Worker> worker = TheWorld().workers.Find(name);
  if (!worker) {
    worker = std::make_shared<Worker>();
    TheWorld().workers.Put(name, worker);
  }
  return worker;
}

std::shared_ptr<Task> Launch(Command command, const std::string& thread) {
  auto task = std::make_shared<Task>(std::move(command));
  WorkerNamed(thread)->Post([task] {
    RunStep(task->step);
    SetEvent(task->done);
  });
  return task;
}

// join id=ID [ms=N]: waits and prints the joined step; {"done":false} when the time is over.
std::string Join(const Command& command, uint64_t number) {
  const std::string id = command.Text("id");
  const std::shared_ptr<Task> task = TheWorld().tasks.Get(id);
  const auto ms = static_cast<DWORD>(command.Number("ms", 30000));
  if (WaitForSingleObject(task->done, ms) != WAIT_OBJECT_0) {
    Step waiting{command};
    waiting.data.Set("done", false);
    return waiting.Line(number);
  }
  TheWorld().tasks.Take(id);
  return task->step.Line(number);
}

std::string Execute(const std::string& line, uint64_t number) {
  Command command{line};
  if (command.verb() == "join") return Join(command, number);
  if (command.Has("async")) {
    const std::string id = command.Text("async");
    Step started{command};
    started.data.Set("started", true);
    const std::string thread = command.Text("thread", "async:" + id);
    TheWorld().tasks.Put(id, Launch(std::move(command), thread));
    return started.Line(number);
  }
  if (command.Has("thread") && command.verb() != "thread-exit") {
    const std::string thread = command.Text("thread");
    const std::shared_ptr<Task> task = Launch(std::move(command), thread);
    WaitForSingleObject(task->done, INFINITE);  // ended by the step or the test's watchdog
    return task->step.Line(number);
  }
  Step step{std::move(command)};
  RunStep(step);
  return step.Line(number);
}

bool ReadLine(std::string& line) {
  static std::string buffered;
  for (;;) {
    const size_t end = buffered.find('\n');
    if (end != std::string::npos) {
      line = buffered.substr(0, end);
      buffered.erase(0, end + 1);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      return true;
    }
    char chunk[4096];
    DWORD got = 0;
    if (!ReadFile(GetStdHandle(STD_INPUT_HANDLE), chunk, sizeof chunk, &got, nullptr) || got == 0) {
      return false;
    }
    buffered.append(chunk, got);
  }
}

}  // namespace

void AddVerb(const char* name, Verb verb) {
  Verbs()[name] = verb;
}

uint64_t CurrentStep() {
  return current_step;
}

void PrintLine(const std::string& line) {
  static SRWLOCK lock = SRWLOCK_INIT;
  Lock guard(lock);
  const std::string out = line + '\n';
  DWORD written = 0;
  for (size_t at = 0; at < out.size(); at += written) {
    if (!WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), out.data() + at,
                   static_cast<DWORD>(out.size() - at), &written, nullptr)) {
      return;
    }
  }
}

std::string Step::Line(uint64_t number) const {
  Json line;
  line.Set("step", number)
      .Set("pid", GetCurrentProcessId())
      .Set("arch", kArch)
      .Set("verb", command.verb())
      .Set("call", call)
      .Set("ret", ret)
      .Set("err", err)
      .Set("us", us)
      .Set("data", data);
  if (!error.empty()) line.Set("error", error);
  return line.Object();
}

void RunStep(Step& step) {
  try {
    const auto it = Verbs().find(step.command.verb());
    if (it == Verbs().end()) throw std::runtime_error("unknown verb");
    it->second(step);
  } catch (const std::exception& e) {
    step.error = e.what();
  }
}

void RunCommands() {
  std::string line;
  while (ReadLine(line)) {
    if (line.empty()) continue;
    const uint64_t number = ++current_step;
    std::string answer;
    try {
      answer = Execute(line, number);
    } catch (const std::exception& e) {
      answer = Json().Set("step", number).Set("error", e.what()).Object();
    }
    PrintLine(answer);
  }
}

}  // namespace client
