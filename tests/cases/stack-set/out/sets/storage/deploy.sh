name='mycompany-deepracer-storage'
region=''
sums='
21df5b5db13e1a5d35bc68352212c6550a73899486f35c81008b089aed3afbe6  template.json
'
tags='[{"Key":"managed-by","Value":"racestack"}]'
capabilities=''
parameters='BucketName=SET-FOR-EACH-ACCOUNT'
# A line a stack: account, region, and its values of the parameters.
members='
444455556666 ap-northeast-2 BucketName=mycompany-aws-deepracer-test-20240115093000
111122223333 ap-northeast-1 BucketName=mycompany-aws-deepracer-test-20221130201905
'
