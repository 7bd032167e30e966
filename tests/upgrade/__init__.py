"""An installation of an older version goes on with the present one."""
