int rig_test_lookup_dummy;
