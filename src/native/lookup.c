/* Users and groups by name, through libc, so that NSS (LDAP, sssd …) is asked as id(1) asks it. */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>

#define MAX_GROUPS 65536 /* NGROUPS_MAX */

/* What getpwnam(3) lists for "no such entry". */
static int is_absence(int error)
{
	return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

/* Returns 0, -errno, or -ENOENT when there is no such user. */
int spawnctl_find_user(const char *name, uint32_t *uid, uint32_t *gid)
{
	struct passwd entry, *found = 0;
	for (size_t bytes = 4096; bytes <= 1u << 20; bytes *= 4) {
		char *buffer = malloc(bytes);
		if (!buffer)
			return -ENOMEM;
		int error = getpwnam_r(name, &entry, buffer, bytes, &found);
		if (found) {
			*uid = found->pw_uid;
			*gid = found->pw_gid;
		}
		free(buffer);
		if (error != ERANGE)
			return found ? 0 : is_absence(error) ? -ENOENT : -error;
	}
	return -ERANGE;
}

int spawnctl_find_group(const char *name, uint32_t *gid)
{
	struct group entry, *found = 0;
	for (size_t bytes = 4096; bytes <= 1u << 24; bytes *= 4) {
		char *buffer = malloc(bytes);
		if (!buffer)
			return -ENOMEM;
		int error = getgrnam_r(name, &entry, buffer, bytes, &found);
		if (found)
			*gid = found->gr_gid;
		free(buffer);
		if (error != ERANGE)
			return found ? 0 : is_absence(error) ? -ENOENT : -error;
	}
	return -ERANGE;
}

/* The user's groups with the given primary one, as initgroups would set them. Returns their number, or -errno. */
int spawnctl_find_groups(const char *name, uint32_t gid, uint32_t *groups, uint32_t room)
{
	int count = room > MAX_GROUPS ? MAX_GROUPS : (int)room;
	if (getgrouplist(name, gid, groups, &count) < 0)
		return -ERANGE;
	return count;
}
