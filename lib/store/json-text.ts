// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// JSON that remembers on which line each value stands, for messages that name the line.

/** A syntax error. */
export class JsonFault extends Error {
  readonly line: number
  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

export interface JsonText {
  readonly value: unknown
  /** The line (from 1) of 'records[0].name', or of the innermost part of that path which there is. */
  lineOf(path: string): number
}

// Deeper than anything that is meant.
const MAX_DEPTH = 64
const SPACE = /[ \t\r\n]*/y
const STRING = /"(?:[^"\\\n]|\\.)*"/y
const PLAIN = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

class Parser {
  readonly lines = new Map<string, number>()
  readonly #text: string
  #at = 0
  #counted = 0
  #lines = 1

  constructor(text: string) {
    // Editors on Windows put a byte order mark in front.
    this.#text = text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text
  }

  all(): unknown {
    const value = this.#value('', 0)
    if (this.#peek() !== '') throw this.#fault('the end of the file')
    return value
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)?.[0]
    this.#at += match?.length ?? 0
    return match
  }

  /** The next character that is no space, '' at the end. */
  #peek(): string {
    this.#match(SPACE)
    return this.#text.charAt(this.#at)
  }

  #fault(wanted: string): JsonFault {
    const found = this.#text.charAt(this.#at)
    const what = found === '' ? 'the end of the file' : JSON.stringify(found)
    return new JsonFault(this.#line(), `${wanted} expected, not ${what}`)
  }

  /** The line of what comes next; counted on from the last time. */
  #line(): number {
    for (; this.#counted < this.#at; this.#counted++) {
      if (this.#text.charAt(this.#counted) === '\n') this.#lines++
    }
    return this.#lines
  }

  #take(character: string): void {
    if (this.#peek() !== character) throw this.#fault(JSON.stringify(character))
    this.#at++
  }

  #value(path: string, depth: number): unknown {
    const next = this.#peek()
    if (depth > MAX_DEPTH) throw new JsonFault(this.#line(), 'too many values within values')
    this.lines.set(path, this.#line())
    if (next === '{') return this.#object(path, depth)
    if (next === '[') return this.#array(path, depth)
    if (next === '"') return this.#string()
    const plain = this.#match(PLAIN)
    if (plain === undefined) throw this.#fault('a value')
    return JSON.parse(plain)
  }

  #string(): string {
    const from = this.#line()
    const text = this.#peek() === '"' ? this.#match(STRING) : undefined
    if (text === undefined) throw this.#fault('a text')
    try {
      return JSON.parse(text) as string
    } catch {
      throw new JsonFault(from, `${text} is not a text`)
    }
  }

  #object(path: string, depth: number): unknown {
    const entries = new Map<string, unknown>()
    this.#take('{')
    while (this.#peek() !== '}') {
      if (entries.size > 0) this.#take(',')
      const key = this.#string()
      this.#take(':')
      const at = path === '' ? key : `${path}.${key}`
      if (entries.has(key))
        throw new JsonFault(this.#line(), `${JSON.stringify(key)} is there twice`)
      entries.set(key, this.#value(at, depth + 1))
    }
    this.#at++
    return Object.fromEntries(entries)
  }

  #array(path: string, depth: number): unknown {
    const items: unknown[] = []
    this.#take('[')
    while (this.#peek() !== ']') {
      if (items.length > 0) this.#take(',')
      items.push(this.#value(`${path}[${items.length}]`, depth + 1))
    }
    this.#at++
    return items
  }
}

/** @throws JsonFault */
export function parseJsonText(text: string): JsonText {
  const parser = new Parser(text)
  const value = parser.all()
  return {
    value,
    lineOf(path) {
      for (
        let part = path;
        part !== '';
        part = part.replace(/(?:\.[^.[\]]*|\[\d+\]|^[^.[\]]*)$/, '')
      ) {
        const line = parser.lines.get(part)
        if (line !== undefined) return line
      }
      return parser.lines.get('') ?? 1
    },
  }
}
