name='mycompany-deepracer-operations'
region=''
sums='
060a4909257ac895ae14f5b34b506852e1fed67948ba206c35bd49a6838934be  template.json
'
tags='[{"Key":"managed-by","Value":"racestack"}]'
capabilities='CAPABILITY_NAMED_IAM'
parameters=''
# A line a stack: account, region, and its values of the parameters.
members='
444455556666 ap-northeast-2
111122223333 ap-northeast-1
'
