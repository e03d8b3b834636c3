echo {{x}}
	echo "a: b"
