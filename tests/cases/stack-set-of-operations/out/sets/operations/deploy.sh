name='mycompany-deepracer-operations'
region=''
sums='
0684bb0ec194ea26cb4f9cd256a1686aa6af5174653ad344956034622cbb4980  template.json
'
tags='[{"Key":"managed-by","Value":"racestack"}]'
capabilities='CAPABILITY_NAMED_IAM'
parameters=''
# A line a stack: account, region, and its values of the parameters.
members='
444455556666 ap-northeast-2
111122223333 ap-northeast-1
'
