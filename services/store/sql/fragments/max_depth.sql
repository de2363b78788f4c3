-- Most conversations that one may consist of.
32
