name='mycompany-deepracer-storage'
region=''
sums='
074a65ea4071f29ceb1d9b64b168a8de35a592333c77cb5c5aa6214240f9be50  template.json
'
tags='[{"Key":"managed-by","Value":"racestack"}]'
capabilities=''
parameters='BucketName=SET-FOR-EACH-ACCOUNT'
# A line a stack: account, region, and its values of the parameters.
members='
444455556666 ap-northeast-2 BucketName=mycompany-aws-deepracer-test-20240115093000
111122223333 ap-northeast-1 BucketName=mycompany-aws-deepracer-test-20221130201905
'
