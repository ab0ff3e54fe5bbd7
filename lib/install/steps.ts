// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// A list of actions that either all happen or are all taken back.

export interface Step {
  readonly call: string
  readonly target: string
  readonly done: boolean
}

export interface Action {
  /** The function of Windows, or what happens to a file. */
  readonly call: string
  readonly target: string
  run(): void
  /** Takes it back; only after `run` has succeeded. */
  undo?(): void
}

/** The first failure, with what was taken back. */
export class StepFailed extends Error {
  readonly action: Action
  /** Steps that could not be taken back, with their errors. */
  readonly left: readonly { readonly step: Step; readonly error: unknown }[]

  constructor(action: Action, cause: unknown, left: StepFailed['left']) {
    super(`${action.call} ${action.target}`, { cause })
    this.action = action
    this.left = left
  }
}

function stepOf({ call, target }: Action, done: boolean): Step {
  return Object.freeze({ call, target, done })
}

/** What would be done. */
export function planSteps(actions: readonly Action[]): readonly Step[] {
  return Object.freeze(actions.map((action) => stepOf(action, false)))
}

/** Takes actions back, the latest first; goes on whatever fails. */
export function rollBack(done: readonly Action[]): StepFailed['left'] {
  const left: { readonly step: Step; readonly error: unknown }[] = []
  for (const action of done.toReversed()) {
    try {
      action.undo?.()
    } catch (error) {
      left.push({ step: stepOf(action, true), error })
    }
  }
  return left
}

/** Runs all, or takes back what was done and throws StepFailed. */
export function runSteps(actions: readonly Action[]): readonly Step[] {
  const done: Action[] = []
  for (const action of actions) {
    try {
      action.run()
    } catch (error) {
      throw new StepFailed(action, error, rollBack(done))
    }
    done.push(action)
  }
  return Object.freeze(done.map((action) => stepOf(action, true)))
}

/** Runs all, whatever fails; a step that failed is not `done`. */
export function runAllSteps(actions: readonly Action[]): {
  readonly steps: readonly Step[]
  readonly faults: readonly { readonly action: Action; readonly error: unknown }[]
} {
  const faults: { readonly action: Action; readonly error: unknown }[] = []
  const steps = actions.map((action) => {
    try {
      action.run()
      return stepOf(action, true)
    } catch (error) {
      faults.push({ action, error })
      return stepOf(action, false)
    }
  })
  return { steps: Object.freeze(steps), faults }
}
