name='mycompany-deepracer-access'
region=''
sums='
faa63d8a0b563fe9a6944e9c33ec51169787f80bc34645a41406cdde3e966b8c  template.json
'
tags='[{"Key":"managed-by","Value":"racestack"}]'
capabilities='CAPABILITY_NAMED_IAM'
parameters='BucketName=SET-FOR-EACH-ACCOUNT'
# A line a stack: account, region, and its values of the parameters.
members='
111122223333 ap-northeast-1 BucketName=mycompany-aws-deepracer-test-20221130201905
'
