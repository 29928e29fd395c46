export const mountProc = 'mount -t proc proc /proc'
