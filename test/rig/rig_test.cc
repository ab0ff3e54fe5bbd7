int rig_test_dummy;
int wmain(){return 0;}
