/** Why the kernel follows a path no further, by the errno (path_resolution(7)). */
export const pathLimits = {
  ELOOP: 'more than 40 symbolic links on its path, or links in a circle',
  ENAMETOOLONG: 'a path may have 4095 bytes, and every name in it 255',
} as const
