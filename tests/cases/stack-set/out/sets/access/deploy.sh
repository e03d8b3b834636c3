name='mycompany-deepracer-access'
region=''
sums='
37359df6378cafef3c86a033bd44065f80f0d5882c7e47a021a63f514df70558  template.json
'
tags='[{"Key":"managed-by","Value":"racestack"}]'
capabilities='CAPABILITY_NAMED_IAM'
parameters='BucketName=SET-FOR-EACH-ACCOUNT'
# A line a stack: account, region, and its values of the parameters.
members='
444455556666 ap-northeast-2 BucketName=mycompany-aws-deepracer-test-20240115093000
111122223333 ap-northeast-1 BucketName=mycompany-aws-deepracer-test-20221130201905
'
