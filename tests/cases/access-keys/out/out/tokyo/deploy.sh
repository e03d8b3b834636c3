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
mycompany-deepracer-storage stack storage.yaml 48af4a07cb53d680e94ef4920513fc7503fee5c5fa7f6fae62f42d9606731ce5 bca8d48f8841ee1e42e77b0062f2e3ee4a55bd5cbb784fc1b4f48ba506669d7f - -
mycompany-deepracer-access stack access.yaml 1325d9cf7f4072c11d673f838de5341e0cc08cf6394f20154a86a0e655bea8e0 79428a0b7573c2da63dd3e7b6303ac21be6d13a79ab7cf9f89cc36c406ce5333 CAPABILITY_NAMED_IAM -
mycompany-deepracer-notebooks stack notebooks.yaml 5b76b6f1295570c78ccacb42e6ceac92b795fb868e337e108ebc8b93f81489d2 ce742e9aba2fadce9c7948ba5e70aa5023d4ea4c6177ddd864d99d77f8d26ff6 - -
mycompany-deepracer-service-roles stack service-roles.yaml 22c8a03f0bfb4bedbaaa6100b826164ac39acc28e6b86c36677894e8a0fe2e66 afeb5856e7c54c21cf09fa762447a8e0e1a66465312724677cf9c9de1b42ecb6 CAPABILITY_NAMED_IAM -
mycompany-deepracer-operations stack operations.yaml 0dd40d97fc6e6021919c8f6ae2137b5b68bb73fe5889b05f4dd01da7776ee5bc 9ce595398a41d3e3271f77743f46142bdff53a334ebc2dd1c3e83b180c5d85b2 CAPABILITY_NAMED_IAM mycompany-deepracer-access
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
