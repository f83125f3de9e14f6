from relknit.benchmark.speed import Speed, product_cpu_seconds


def test_speed_is_given_by_cpu_time_and_by_reference_products():
    speed = Speed(sentences=300, cpu_seconds=2.0, products_per_cpu_second=50.0)
    assert speed.sentences_per_cpu_second == 150
    assert speed.sentences_per_product == 3
    assert speed.to_dict()["sentences_per_product"] == 3
    assert Speed(0, 0.0, 0.0).sentences_per_product == 0


def test_the_reference_product_takes_time(one_thread):
    assert product_cpu_seconds() > 0
