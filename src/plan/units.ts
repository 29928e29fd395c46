/** Of bytes, as prlimit(1) and systemd have them. */
export const binaryUnits: Readonly<Record<string, number>> = {'': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40}
