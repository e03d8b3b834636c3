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
tags='[{"Key":"managed-by","Value":"racestack"}]'
# A line a stack: name, kind, file, SHA-256 of the file, digest of the template, capabilities, what it needs.
stacks='
mycompany-deepracer-storage stack storage.yaml 3c7dc8fa5a2a0a6a79470c2b069b9927dfad9af0a82958aead8405348aedefa1 a0c966bb5e3afa8d19742ad249cd8c41822e4da4ee98727951d2231b13ac2066 - -
mycompany-deepracer-access stack-set access.yaml f18b49b87f1e500610a77a5a5a8a2f4d403e9601da509aea92ae6977887a9aa6 ca362bd81cf8895eecee65af7e7f61e596d8f1c33d1b0665235d819d4c7cb339 CAPABILITY_NAMED_IAM -
mycompany-deepracer-notebooks stack notebooks.yaml bdb8318fa99a1c10e26f01070e637ebbb3266d76de0826141f11664c554a4bd6 cd5f933fb361d41b465872f334e4a824cc347a589fd59ac0811b5bcce61c9af9 - -
mycompany-deepracer-service-roles stack-set service-roles.yaml 283be9802c62e62319be63d8132443220fa13c872b3d7155e23ebb7bee004374 010d0a7f448609dd5c6f4d8169db527cb6c593255afaf59f633ba77fb7fcbcf3 CAPABILITY_NAMED_IAM -
mycompany-deepracer-users-001 users users-001.yaml 1208048c2b085d83f1fc44c271d273f6e2d07be4bfa7fd2765e88c1e64fb5126 a0fe8fe5a85316b7a3765d68fc12ec835b9016424e8560b3a007635f0994846a CAPABILITY_NAMED_IAM mycompany-deepracer-storage,mycompany-deepracer-access,mycompany-deepracer-notebooks
'
# What others need of a stack that a StackSet deploys: the stack, and the command that looks for it.
expected='
mycompany-deepracer-access iam get-group --group-name mycompany-deepracer-users
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
