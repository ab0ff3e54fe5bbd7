int rig_test_ioctl_dummy;
