// What Node's fs.constants does not have: asm-generic/fcntl.h, the same on x86-64 and arm64.
export const AT_FDCWD = -100
export const O_CLOEXEC = 0o2000000
export const O_PATH = 0o10000000
