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
mycompany-deepracer-storage stack storage.yaml 5e4978865e740a95c740d7d9f82fff5a0dcdcaa1e9ca89111de2bc707fc14b87 4d1dd633733f1533fe37b43a4a8f73d891bb569f091ac826a9f8117eeafcaa59 - -
mycompany-deepracer-access stack-set access.yaml 1325d9cf7f4072c11d673f838de5341e0cc08cf6394f20154a86a0e655bea8e0 79428a0b7573c2da63dd3e7b6303ac21be6d13a79ab7cf9f89cc36c406ce5333 CAPABILITY_NAMED_IAM -
mycompany-deepracer-notebooks stack notebooks.yaml 5b76b6f1295570c78ccacb42e6ceac92b795fb868e337e108ebc8b93f81489d2 ce742e9aba2fadce9c7948ba5e70aa5023d4ea4c6177ddd864d99d77f8d26ff6 - -
mycompany-deepracer-service-roles stack-set service-roles.yaml adb3b09cc1658408b3e4506c49b2f36e7e3ff1e471f3a531e5dcb5cca3c32f12 922ce2f2a7b4d963a948256675fae0399ff6926427c081144ac7ef6c88b850b6 CAPABILITY_NAMED_IAM -
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
