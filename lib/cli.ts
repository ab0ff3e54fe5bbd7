#!/usr/bin/env node
// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// The command winsock-nsp.
import { run } from './cli/program.ts'

process.exitCode = await run(process.argv.slice(2))
