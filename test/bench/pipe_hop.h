// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// See pipe_hop.cc.
#ifndef WINSOCK_NSP_TEST_BENCH_PIPE_HOP_H_
#define WINSOCK_NSP_TEST_BENCH_PIPE_HOP_H_

#include <node_api.h>

namespace bench {

// pipeHop(name, bytes in, bytes out, function): answers one client of that pipe until it leaves.
napi_value PipeHop(napi_env env, napi_callback_info info);

}  // namespace bench

#endif  // WINSOCK_NSP_TEST_BENCH_PIPE_HOP_H_
