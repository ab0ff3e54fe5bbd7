// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// When the host answers in the stead of a handler that is late.

const LEAST_MS = 25
const MOST_MS = 250
/** The answer is under way for a while, the longer the busier the machine is. */
const PART = 16

/** Milliseconds before the client's own deadline, `deadlineMs` after it asked; the addon goes by the same rule. */
export function answerAheadMs(deadlineMs: number): number {
  return Math.min(Math.max(deadlineMs / PART, LEAST_MS), MOST_MS)
}
