<?php
namespace Till\Model;

class Receipt
{
    public function __construct(public string $what, private string $n, private string $price)
    {
    }

    public function sum(): string
    {
        return bcmul($this->n, $this->price, 3);
    }
}
