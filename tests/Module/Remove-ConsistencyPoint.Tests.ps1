BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $newest = @{ pair = 'mail'; pairId = 'x'; number = 9; pointTime = '2026-01-02T03:09:00Z'; committedAt = '2026-01-02T03:09:01Z'; ageMs = 1000; sizeBytes = 1073741824; latest = $true; retained = $true }
    $older = @{ pair = 'mail'; pairId = 'x'; number = 4; name = 'before-update'; pointTime = '2026-01-02T03:04:00Z'; committedAt = '2026-01-02T03:04:01Z'; ageMs = 3600000; sizeBytes = 1073741824; latest = $false; retained = $true }
    $fake = New-FakeAgent @{
        'GET /v1/pairs/mail/points'      = @{ items = @($newest, $older) }
        'DELETE /v1/pairs/mail/points/4' = $older
        'DELETE /v1/pairs/mail/points/9' = @{ Status = 409; Body = @{ errorId = 'PointIsLatest'; message = 'It is the last committed one.'; category = 'InvalidOperation'; recommendedAction = 'Take a newer one with New-ConsistencyPoint.' } }
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Remove-ConsistencyPoint' -Tag 'A-10' {
    BeforeEach { $before = $fake.Requests.Count }

    It 'removes a point by <_>' -ForEach 4, 'before-update', 'BEFORE-UPDATE' {
        Remove-ConsistencyPoint mail $_ -Confirm:$false -Agent $fake.StateDirectory | Should -BeNullOrEmpty
        (Get-LastRequest $fake DELETE).Path | Should -Be '/v1/pairs/mail/points/4'
    }

    It 'takes points from the pipeline, and writes what they were with -PassThru' {
        $removed = Get-ConsistencyPoint mail -Agent $fake.StateDirectory | Where-Object Latest -EQ $false | Remove-ConsistencyPoint -PassThru -Confirm:$false
        $removed.Number | Should -Be 4
        $removed.Label | Should -Be 'before-update'
    }

    It 'does nothing with -WhatIf' {
        Remove-ConsistencyPoint mail 4 -WhatIf -Agent $fake.StateDirectory
        @($fake.Requests.ToArray() | Select-Object -Skip $before).Method | Should -Not -Contain 'DELETE'
    }

    It 'says PointNotFound for <_>' -ForEach 3, 'other' {
        { Remove-ConsistencyPoint mail $_ -Confirm:$false -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'PointNotFound,*'
    }

    It 'tells the error of the agent' {
        { Remove-ConsistencyPoint mail 9 -Confirm:$false -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'PointIsLatest,*'
    }

    It 'completes numbers and names of points' {
        $line = "Remove-ConsistencyPoint -Agent '$($fake.StateDirectory)' -Pair mail -ConsistencyPoint "
        ([System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null)).CompletionMatches.CompletionText | Should -Be '9', '4', 'before-update'
    }
}
