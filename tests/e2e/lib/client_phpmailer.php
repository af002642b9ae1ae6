<?php
// SPDX-License-Identifier: BSD-2-Clause
// Sends mail with PHPMailer: a job a line of standard input, as lib/clients.py has them.
declare(strict_types=1);

use PHPMailer\PHPMailer\PHPMailer;

require '/usr/share/php/libphp-phpmailer/autoload.php';

function send(array $job): array
{
    $mail = new PHPMailer(true);
    $mail->isSMTP();
    $mail->Host = $job['host'];
    $mail->Port = $job['port'];
    $mail->Helo = 'client.example.org';
    $mail->SMTPAuth = true;
    $mail->AuthType = $job['mechanism'];
    $mail->Username = $job['login'];
    $mail->Password = $job['password'];
    $mail->SMTPAutoTLS = false;
    $mail->SMTPSecure = ['clear' => '', 'STARTTLS' => PHPMailer::ENCRYPTION_STARTTLS,
        'TLS' => PHPMailer::ENCRYPTION_SMTPS][$job['tls']];
    $mail->SMTPOptions = ['ssl' => ['cafile' => $job['ca_file']]];
    try {
        $mail->Sender = $job['mail_from'];
        $mail->setFrom($job['author'], '', false);
        $mail->addAddress($job['recipient']);
        $mail->Subject = $job['subject'];
        $mail->Body = $job['body'];
        $mail->send();
        return ['status' => 0, 'output' => ''];
    } catch (Exception $error) {
        return ['status' => 1, 'output' => $mail->ErrorInfo];
    }
}

while (($line = fgets(STDIN)) !== false) {
    echo json_encode(send(json_decode($line, true))), "\n";
}
