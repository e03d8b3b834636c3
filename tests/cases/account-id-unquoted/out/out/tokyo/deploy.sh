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
mycompany-deepracer-storage stack storage.yaml 52dcc6af497a21a2fcdc6a2904957f8cd7e5b1e49257a5b70772c0e98a93c5df 4d1dd633733f1533fe37b43a4a8f73d891bb569f091ac826a9f8117eeafcaa59 - -
mycompany-deepracer-access stack access.yaml ab9aa52366f78c98d1c6fc830f1e654cdd7b17c9c326d5efae95e946fbcad105 0249f856ce36b23e2e3315bc15c1b4c9e1f145db4e8a8b27b4a237f110aa0d63 CAPABILITY_NAMED_IAM -
mycompany-deepracer-notebooks stack notebooks.yaml 5806bbe3232d7f3fcffa83ae50341e98a6f2f7dc89858486b94c1980a7c04ee1 ce742e9aba2fadce9c7948ba5e70aa5023d4ea4c6177ddd864d99d77f8d26ff6 - -
mycompany-deepracer-service-roles stack service-roles.yaml bf8642c636167230d114bade36c35df5ce445bbf479108453e675f8368f7bdf7 59cc796509a41c09a2ea3a758dc2e954ac59134a338c0a81ea2ff307f85e0bd9 CAPABILITY_NAMED_IAM -
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
