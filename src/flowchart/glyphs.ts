/** How the picture is written: with box-drawing characters, or where these may not show, in ASCII. */
export type Glyphs = 'unicode' | 'ascii'

/** How strong the line is that leaves a cell in a direction: 0 none, 1 light, 2 heavy (the path taken). */
export type Arms = {up: Weight; right: Weight; down: Weight; left: Weight}
type Weight = 0 | 1 | 2

/** A character for each of the 81 ways to join lines: the row tells up and right, the column down and left. */
const JOINTS = [
  ' ╴╸╷┐┑╻┒┓',
  '╶─╾┌┬┭┎┰┱',
  '╺╼━┍┮┯┏┲┳',
  '╵┘┙│┤┥╽┧┪',
  '└┴┵├┼┽┟╁╅',
  '┕┶┷┝┾┿┢╆╈',
  '╹┚┛╿┦┩┃┨┫',
  '┖┸┹┞╀╃┠╂╉',
  '┗┺┻┡╄╇┣╊╋',
]

const STRAIGHT = {
  unicode: {
    solid: {vertical: '│┃', horizontal: '─━'},
    dashed: {vertical: '┆┇', horizontal: '┄┅'},
  },
  ascii: {
    solid: {vertical: '|#', horizontal: '-='},
    dashed: {vertical: ':*', horizontal: '.*'},
  },
}

export const ARROWHEADS = {
  unicode: {down: '▼', left: '◀'},
  ascii: {down: 'V', left: '<'},
}

/** @returns one character; where lines of two weights join, ASCII shows the heavier one. */
export function lineGlyph({up, right, down, left}: Arms, dashed: boolean, glyphs: Glyphs): string {
  const straight = STRAIGHT[glyphs][dashed ? 'dashed' : 'solid']
  if (up === down && right === 0 && left === 0) return straight.vertical.charAt(up - 1)
  if (right === left && up === 0 && down === 0) return straight.horizontal.charAt(right - 1)
  if (glyphs === 'ascii') return Math.max(up, right, down, left) === 2 ? (dashed ? '*' : '#') : '+'
  return JOINTS[up * 3 + right]!.charAt(down * 3 + left)
}
