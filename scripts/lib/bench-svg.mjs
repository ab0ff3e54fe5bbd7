// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// One chart as an SVG of its own: a curve over a logarithmic axis, legible on light and dark pages.
// No library: a page is all text.

const WIDTH = 720
const HEIGHT = 360
const BOX = Object.freeze({ left: 70, right: 690, top: 56, bottom: 300 })
/** Colours by the reader's own scheme; without one, the light. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 16px; font-weight: 600 }
  .grid { stroke: #d0d7de }
  .axis { stroke: #57606a }
  .curve { stroke: #0969da; stroke-width: 2; fill: none }
  .point { fill: #0969da }
  .limit { stroke: #bc4c00; stroke-dasharray: 6 4 }
  .limit-text { fill: #bc4c00 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .grid { stroke: #30363d }
    .axis { stroke: #8b949e }
    .curve { stroke: #58a6ff }
    .point { fill: #58a6ff }
    .limit { stroke: #f0883e }
    .limit-text { fill: #f0883e }
  }`

export const escapeText = (text) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

const short = (value) => Number(value.toPrecision(3)).toLocaleString('en-US')
const place = (value) => Number(value.toFixed(1))

/** The next 1, 2 or 5 times a power of ten. */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999999)
}

/** How much dearer the dearest point is than the first. */
export function growthOf(points) {
  const [first] = points
  return first ? Math.max(...points.map(({ y }) => y)) / first.y : 0
}

function scales(points, target) {
  const xs = points.map(({ x }) => Math.log10(x))
  const [low, high] = [Math.min(...xs), Math.max(...xs)]
  const top = roundUp(Math.max(...points.map(({ y }) => y), points[0].y * target) * 1.05)
  const wide = high > low ? (BOX.right - BOX.left) / (high - low) : 0
  return {
    top,
    x: (value) => place(BOX.left + (Math.log10(value) - low) * wide),
    y: (value) => place(BOX.bottom - (value / top) * (BOX.bottom - BOX.top)),
  }
}

const text = (x, y, words, more = '') =>
  `<text x="${x}" y="${y}"${more}>${escapeText(words)}</text>`
const stroke = (kind, x1, y1, x2, y2) =>
  `<line class="${kind}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`

function axes({ points, x: below, y: beside }, at) {
  const steps = [0, 0.25, 0.5, 0.75, 1].map((part) => part * at.top)
  return [
    ...steps.flatMap((value) => [
      stroke('grid', BOX.left, at.y(value), BOX.right, at.y(value)),
      text(BOX.left - 8, at.y(value) + 4, short(value), ' text-anchor="end"'),
    ]),
    ...points.map(({ x }) => text(at.x(x), BOX.bottom + 20, short(x), ' text-anchor="middle"')),
    stroke('axis', BOX.left, BOX.bottom, BOX.right, BOX.bottom),
    text((BOX.left + BOX.right) / 2, BOX.bottom + 44, below, ' text-anchor="middle"'),
    text(BOX.left - 54, BOX.top - 12, beside),
  ]
}

/** The chart of a curve (test/bench/bench.ts) that has points. */
export function chart(curve) {
  const { points, title, target } = curve
  if (points.length === 0) throw new Error(`the curve "${title}" has no points`)
  const at = scales(points, target)
  const limit = at.y(points[0].y * target)
  const path = points.map(({ x, y }) => `${at.x(x)},${at.y(y)}`).join(' ')
  const grown = `dearest point: ${short(growthOf(points))} times the first`
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>${escapeText(`${title}; ${grown}`)}</title>`,
    `<style>${STYLE}\n</style>`,
    text(BOX.left - 54, 24, title, ' class="title"'),
    ...axes(curve, at),
    stroke('limit', BOX.left, limit, BOX.right, limit),
    text(
      BOX.right,
      limit - 6,
      `${target} times the first`,
      ' class="limit-text" text-anchor="end"',
    ),
    `<polyline class="curve" points="${path}"/>`,
    ...points.map(({ x, y }) => `<circle class="point" cx="${at.x(x)}" cy="${at.y(y)}" r="4"/>`),
    text(BOX.right, 24, grown, ' text-anchor="end"'),
    '</svg>',
  ].join('\n')}\n`
}
