// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// An unmodified Windows program of somebody else, for both widths, in build/test/foreign: what it
// resolves through ws2_32 shows that ordinary programs do.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ensureNpmFile } from './npm-file.mjs'
import { ARCHES, FOREIGN_PROGRAM, foreignProgram } from './paths.mjs'
import { Stop } from './say.mjs'

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

export async function ensureForeignProgram() {
  const { version, packages } = FOREIGN_PROGRAM
  for (const arch of ARCHES) {
    const wanted = packages[arch]
    const cached = await ensureNpmFile({ ...wanted, version }, `${wanted.name} ${version}`)
    const bytes = readFileSync(cached)
    if (sha256(bytes) !== wanted.sha256) {
      throw new Stop(`${cached} is not what this repository pins`, `remove ${dirname(cached)}`)
    }
    const path = foreignProgram(arch)
    if (existsSync(path) && readFileSync(path).equals(bytes)) continue
    mkdirSync(dirname(path), { recursive: true })
    // Renamed into place: a copy that was cut short must not stay.
    writeFileSync(`${path}.new`, bytes)
    renameSync(`${path}.new`, path)
  }
}
