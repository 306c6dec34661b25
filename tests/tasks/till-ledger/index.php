<?php
declare(strict_types=1);

// Book the day's receipts and close the till; sums are exact to the cent.
namespace Till;

use PDO;
use Till\Model\Receipt;

require_once __DIR__ . '/lib/receipt.php';

const RECEIPTS = [['tea', '2', '1.10'], ['pot', '1', '24.95'], ['cup', '6', '3.333']];

$db = new PDO('sqlite::memory:');
$db->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
$db->exec('CREATE TABLE receipt (what TEXT, sum TEXT)');
$insert = $db->prepare('INSERT INTO receipt VALUES (?, ?)');
foreach (RECEIPTS as [$what, $n, $price]) {
    $receipt = new Receipt($what, $n, $price);
    $insert->execute([$receipt->what, $receipt->sum()]);
}

// A chart is drawn where there is a library for it; the sums do without.
$chart = \extension_loaded('gd');
if ($chart) {
    $image = \imagecreatetruecolor(10, 10);
}

$total = '0';
foreach ($db->query('SELECT what, sum FROM receipt ORDER BY what') as $row) {
    $total = \bcadd($total, $row['sum'], 3);
    echo $row['what'], ' ', $row['sum'], "\n";
}
echo 'total ', $total, "\n";
exit(\bccomp($total, '47.148', 3) === 0 ? 0 : 1);
