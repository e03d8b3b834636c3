account_name='tokyo'
account='111122223333'
region='ap-northeast-1'
bucket='mycompany-aws-deepracer-test-20221130201905'
group='mycompany-deepracer-users'
suspended_policy='mycompany-deepracer-suspended-user'
few_leavers='2'
few_leavers_percent='10'
template_bucket=''
template_url=''
tags='[{"Key":"CostCenter","Value":"4711"},{"Key":"managed-by","Value":"racestack"}]'
# A line a stack: name, kind, file, SHA-256 of the file, digest of the template, capabilities, what it needs.
stacks='
mycompany-deepracer-storage stack storage.yaml 063e30bb09c611baec82f03a91c4c13e1838d48219b7268187a1e501de0966b6 e90fa6d81a604ec9716e4ff295178bc3e9f7280ea71c3bcbbb452245b85df55c - -
mycompany-deepracer-access stack access.yaml f18b49b87f1e500610a77a5a5a8a2f4d403e9601da509aea92ae6977887a9aa6 ca362bd81cf8895eecee65af7e7f61e596d8f1c33d1b0665235d819d4c7cb339 CAPABILITY_NAMED_IAM -
mycompany-deepracer-notebooks stack notebooks.yaml bdb8318fa99a1c10e26f01070e637ebbb3266d76de0826141f11664c554a4bd6 cd5f933fb361d41b465872f334e4a824cc347a589fd59ac0811b5bcce61c9af9 - -
mycompany-deepracer-service-roles stack service-roles.yaml 22c8a03f0bfb4bedbaaa6100b826164ac39acc28e6b86c36677894e8a0fe2e66 afeb5856e7c54c21cf09fa762447a8e0e1a66465312724677cf9c9de1b42ecb6 CAPABILITY_NAMED_IAM -
mycompany-deepracer-operations stack operations.yaml 2ad775a7641c5436fb4e19db32df3396f0b094a7d2c99da518702ae824d9aae8 e1418ba3cb538836de01b87f738764f08d3b43e6215a7f78f48d859f2ea9244d CAPABILITY_NAMED_IAM mycompany-deepracer-access
mycompany-deepracer-users-001 users users-001.yaml 51066b8ad7012bd578b3d6819d16ca5c7cbe52f6e2289b7d1f00292c854bd45f 3b5a0d0985e788d35435da0265383531e33e52f6c97b17119d89626473e01b5c CAPABILITY_NAMED_IAM mycompany-deepracer-storage,mycompany-deepracer-access,mycompany-deepracer-notebooks,mycompany-deepracer-operations
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
