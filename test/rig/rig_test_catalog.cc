int rig_test_catalog_dummy;
