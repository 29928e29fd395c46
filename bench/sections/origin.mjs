/** Where the numbers of a section come from. */
export function origin(file, {command, date, version, node, kernel, libc, cpu}, more = '') {
  const machine = [`spawnctl ${version}`, `Node ${node}`, `Linux ${kernel}`, libc && `glibc ${libc}`, cpu].filter(
    Boolean,
  )
  return `Made by \`${command}\`${more} on ${date}: ${machine.join(', ')}. Raw samples: [${file}](benchmarks/${file}).`
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

/** The middle half of the ratios of two rows, taken round by round. */
export function spreadOfRatio(above, below, digits) {
  const ratios = above.map((ns, i) => ns / below[i]).toSorted((a, b) => a - b)
  const at = share => ratios[Math.floor(share * (ratios.length - 1))].toFixed(digits)
  return `${at(0.25)}–${at(0.75)}`
}
