# unit tests of map
