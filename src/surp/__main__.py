from surp.cli import main

main()
