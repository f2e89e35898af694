"""What every PicHaven service needs, written once. It knows no photo."""
