account_name='tokyo'
account='012345670123'
region='ap-northeast-1'
bucket='mycompany-aws-deepracer-test-20221130201905'
group='mycompany-deepracer-users'
suspended_policy='mycompany-deepracer-suspended-user'
few_leavers='2'
few_leavers_percent='10'
template_bucket=''
template_url=''
tags='[{"Key":"managed-by","Value":"racestack"}]'
# A line a stack: name, kind, file, SHA-256 of the file, digest of the template, capabilities, what it needs.
stacks='
mycompany-deepracer-storage stack storage.yaml d2657a5e2b618a65a758800236c157a918f8d77f9a418ca2ec05cc39b896c882 a0c966bb5e3afa8d19742ad249cd8c41822e4da4ee98727951d2231b13ac2066 - -
mycompany-deepracer-access stack access.yaml b256d5303e67c93ca81dc9f8caa1dd62d5ea6d2b3132727532cdba02ddd00d41 be245b0b3f3e8ce326d2094d7d11ba49b2680c1c69ecec846eb5da5c33311f6b CAPABILITY_NAMED_IAM -
mycompany-deepracer-notebooks stack notebooks.yaml ba1daccf6f4841273c9d369930795934295f4a3b2e562e37d7dba7f2c8ca7d6d cd5f933fb361d41b465872f334e4a824cc347a589fd59ac0811b5bcce61c9af9 - -
mycompany-deepracer-service-roles stack service-roles.yaml 454e57e0d2db38151e104ed9424db01344614d95045ca4d0431a56ef72884125 738ed83cbd2d37720554201132005c010ea1928a5dda624802efd5a8aa867023 CAPABILITY_NAMED_IAM -
mycompany-deepracer-users-001 users users-001.yaml b97fc8746bd61aa81c8be7a209b4de712dd7d139309ff6fc0a8f3e23071c3223 0d866c7491bbfb9a2205e8b8f9f2a3e2cf7b90fa9e372ec7309e1ea7b6bcaae9 CAPABILITY_NAMED_IAM mycompany-deepracer-storage,mycompany-deepracer-access,mycompany-deepracer-notebooks
'
# What others need of a stack that a StackSet deploys: the stack, and the command that looks for it.
expected='
'
# Everyone who stays, by logical ID and name: nobody of them is touched.
users='
TanakaTaroUser tanaka.taro
'
# Everyone who is suspended, by name and notebook.
suspended='
'
# Everyone who has another name from now on: the name of before, and the one of now.
renamed='
'
