module gordian

go 1.26
