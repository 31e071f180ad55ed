"""The ways to turn a vehicle into money: auction, dealer, dismantling."""
