BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $fake = New-FakeAgent @{
        'POST /v1/pairs' = @{ Status = 201; Body = (New-PairBody sales) }
        'POST /v1/plans' = @{ action = 'NewPair'; pair = 'sales'; bytesToMove = 1610612736; timeMs = 65000; dataLossAfterMs = 0; pointsLost = 0; bytesDeleted = 0; grainsDiscarded = 0; warnings = @() }
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'New-MirrorPair' {
    It 'sends what is given, with paths made absolute' {
        Push-Location $fake.StateDirectory
        try { $pair = New-MirrorPair sales ./a.img ./d.img -FirstIntermediate ./b.img -GrainSize 256KB -WritePolicy Hold -WriteDeadline 1.5 -RetainPoints 3 -Group shop -Agent $fake.StateDirectory }
        finally { Pop-Location }
        $pair.Name | Should -Be 'sales'
        $body = (Get-LastRequest $fake POST).Body
        $body.source | Should -Be (Join-Path $fake.StateDirectory 'a.img')
        $body.target | Should -Be (Join-Path $fake.StateDirectory 'd.img')
        $body.firstIntermediate | Should -Be (Join-Path $fake.StateDirectory 'b.img')
        $body.grainSizeBytes | Should -Be 262144
        $body.writePolicy | Should -Be 'Hold'
        $body.writeDeadlineMs | Should -Be 1500
        $body.retainPoints | Should -Be 3
        $body.group | Should -Be 'shop'
        $body.service | Should -Be 'Flashcopy'
        $body.PSObject.Properties.Name | Should -Not -Contain 'secondIntermediate'
    }

    It 'takes a schedule as <Text>' -ForEach @(
        @{ Text = 'Continuous'; Kind = 'Continuous'; EveryMs = $null; Cron = $null; Zone = $null }
        @{ Text = '5m'; Kind = 'Every'; EveryMs = 300000; Cron = $null; Zone = $null }
        @{ Text = 'Every 90s'; Kind = 'Every'; EveryMs = 90000; Cron = $null; Zone = $null }
        @{ Text = '00:10:00'; Kind = 'Every'; EveryMs = 600000; Cron = $null; Zone = $null }
        @{ Text = '0 2 * * * (Europe/Berlin)'; Kind = 'Cron'; EveryMs = $null; Cron = '0 2 * * *'; Zone = 'Europe/Berlin' }
        @{ Text = '*/5 * * * 1-5'; Kind = 'Cron'; EveryMs = $null; Cron = '*/5 * * * 1-5'; Zone = $null }
    ) {
        $null = New-MirrorPair sales /a /d -Schedule $Text -Agent $fake.StateDirectory
        $schedule = (Get-LastRequest $fake POST).Body.schedule
        $schedule.kind | Should -Be $Kind
        $schedule.PSObject.Properties['everyMs'].Value | Should -Be $EveryMs
        $schedule.PSObject.Properties['cron'].Value | Should -Be $Cron
        $schedule.PSObject.Properties['timeZone'].Value | Should -Be $Zone
    }

    It 'takes days as they are typed, and refuses a duration that is none' {
        $null = New-MirrorPair sales /a /d -WriteDeadline 1d -Agent $fake.StateDirectory
        (Get-LastRequest $fake POST).Body.writeDeadlineMs | Should -Be 86400000
        $null = New-MirrorPair sales /a /d -WriteDeadline 90s -Agent $fake.StateDirectory
        (Get-LastRequest $fake POST).Body.writeDeadlineMs | Should -Be 90000
        foreach ($text in '-5', -5, '-00:00:01', [timespan]-1, 'abc', '5x', [double]::NaN) {
            { New-MirrorPair sales /a /d -WriteDeadline $text -Agent $fake.StateDirectory } | Should -Throw "*'WriteDeadline'*is not a duration*90s*"
        }
    }

    It 'takes <Text> as <Bytes> bytes' -ForEach @(
        @{ Text = '64KB'; Bytes = 65536 }
        @{ Text = ' 64 kb '; Bytes = 65536 }
        @{ Text = '65536'; Bytes = 65536 }
        @{ Text = '0.5MB'; Bytes = 524288 }
        @{ Text = 65536.0; Bytes = 65536 }
        @{ Text = [uint32]65536; Bytes = 65536 }
    ) {
        $null = New-MirrorPair sales /a /d -GrainSize $Text -Size $Text -Agent $fake.StateDirectory
        $body = (Get-LastRequest $fake POST).Body
        $body.grainSizeBytes | Should -Be $Bytes
        $body.sizeBytes | Should -Be $Bytes
    }

    It 'says of <Text> which parameter it was given for, and what that takes' -ForEach @(
        @{ Text = 'abc' }, @{ Text = '64KX' }, @{ Text = 'KB' }, @{ Text = '1,5GB' }, @{ Text = '0.3KB' }, @{ Text = 1.5 }, @{ Text = '99999PB' }, @{ Text = [double]::NaN }, @{ Text = $true }
    ) {
        $before = $fake.Requests.Count
        { New-MirrorPair sales /a /d -GrainSize $Text -Agent $fake.StateDirectory } | Should -Throw "*'GrainSize'*is not a size in bytes*such as 64KB, 1MB*"
        { New-MirrorPair sales /a /d -Size $Text -Agent $fake.StateDirectory } | Should -Throw "*'Size'*is not a size in bytes*65536*"
        $fake.Requests.Count | Should -Be $before
    }

    It 'refuses a schedule that is none' {
        { New-MirrorPair sales /a /d -Schedule 'now and then' -Agent $fake.StateDirectory } | Should -Throw '*is not a schedule*'
    }

    It 'makes pairs from a CSV file, where empty cells mean not given' {
        $csv = Join-Path $fake.StateDirectory 'pairs.csv'
        @'
Name,Service,Source,FirstIntermediate,Target,TargetAgent,GrainSize,WritePolicy,CollisionPolicy,HardeningMethod,Schedule,RetainPoints,Seeded,Agent
one,Flashcopy,/a1,,/d1,site2,64KB,Hold,,,5m,2,true,STATE
two,,/a2,/b2,/d2,site2,,,,,,,,STATE
'@.Replace('STATE', $fake.StateDirectory) | Set-Content $csv
        $before = $fake.Requests.Count
        (Import-Csv $csv | New-MirrorPair).Count | Should -Be 2
        $bodies = @($fake.Requests.ToArray() | Select-Object -Skip $before).Body
        $bodies[0].grainSizeBytes | Should -Be 65536
        $bodies[0].seeded | Should -BeTrue
        $bodies[0].retainPoints | Should -Be 2
        $bodies[1].name | Should -Be 'two'
        $bodies[1].seeded | Should -BeFalse
        $bodies[1].firstIntermediate | Should -Be '/b2'
        $bodies[1].PSObject.Properties.Name | Should -Not -Contain 'grainSizeBytes'
        $bodies[1].PSObject.Properties.Name | Should -Not -Contain 'writePolicy'
        $bodies[1].PSObject.Properties.Name | Should -Not -Contain 'schedule'
    }

    It 'sends the policy and the areas of a pair of AsyncCopy' {
        $null = New-MirrorPair sales /a /d -Service AsyncCopy -CollisionPolicy SendFirst -WriteDeadline 3s -FirstIntermediate /b -SecondIntermediate /c -Agent $fake.StateDirectory
        $body = (Get-LastRequest $fake POST).Body
        $body.service, $body.collisionPolicy, $body.writeDeadlineMs, $body.firstIntermediate, $body.secondIntermediate | Should -Be 'AsyncCopy', 'SendFirst', 3000, '/b', '/c'
        $body.PSObject.Properties.Name | Should -Not -Contain 'writePolicy'
    }

    It 'sends both timers' -Tag 'A-2', 'A-3' {
        $null = New-MirrorPair sales /a /d -Service AsyncCopy -RunTimer 1500ms -MaximumIncrement 90m -Agent $fake.StateDirectory
        $body = (Get-LastRequest $fake POST).Body
        $body.runTimerMs, $body.maximumIncrementMs | Should -Be 1500, 5400000
    }

    It 'refuses -<Parameter> for <Service> with <Id>' -ForEach @(
        @{ Service = 'Flashcopy'; Parameter = 'MaximumIncrement'; Value = '1h'; Id = 'ParameterNotUsedByService' }
        @{ Service = 'SyncCache'; Parameter = 'RunTimer'; Value = '1s'; Id = 'ParameterNotUsedByService' }
        @{ Service = 'Flashcopy'; Parameter = 'HardeningMethod'; Value = 'Counter'; Id = 'ParameterNotUsedByService' }
        @{ Service = 'Flashcopy'; Parameter = 'CollisionPolicy'; Value = 'NewImage'; Id = 'ParameterNotUsedByService' }
        @{ Service = 'AsyncCopy'; Parameter = 'HardeningMethod'; Value = 'Counter'; Id = 'ParameterNotUsedByService' }
        @{ Service = 'AsyncCopy'; Parameter = 'WritePolicy'; Value = 'Hold'; Id = 'ParameterNotUsedByService' }
        @{ Service = 'SyncCache'; Parameter = 'SecondIntermediate'; Value = '/c'; Id = 'StorageNotUsedByService' }
        @{ Service = 'SyncCache'; Parameter = 'Schedule'; Value = 'Continuous'; Id = 'ParameterNotUsedByService' }
    ) {
        $more = @{ $Parameter = $Value }
        $before = $fake.Requests.Count
        $problem = { New-MirrorPair sales /a /d -Service $Service @more -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -PassThru
        $problem.FullyQualifiedErrorId | Should -BeLike "$Id,*"
        $problem.ErrorDetails.RecommendedAction | Should -Match $Parameter
        $fake.Requests.Count | Should -Be $before -Because 'the agent need not be asked'
    }

    It 'refuses a relative path on another agent' {
        { New-MirrorPair sales /a ./d -TargetAgent site2 -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
        $null = New-MirrorPair sales /a 'D:\mirror\d.img' -TargetAgent site2 -Agent $fake.StateDirectory
        (Get-LastRequest $fake POST).Body.target | Should -Be 'D:\mirror\d.img'
    }

    It 'makes the pair as a job with -AsJob, with paths of the present folder' {
        Push-Location $fake.StateDirectory
        try { $job = New-MirrorPair sales ./job.a ./job.d -Agent $fake.StateDirectory -AsJob }
        finally { Pop-Location }
        (Receive-Job $job -Wait -AutoRemoveJob).Name | Should -Be 'sales'
        (Get-LastRequest $fake POST).Body.source | Should -Be (Join-Path $fake.StateDirectory 'job.a')
    }

    It 'says bytes, time and points with -WhatIf, and makes nothing' {
        $text = Get-SessionText "New-MirrorPair sales /a /d -Agent '$($fake.StateDirectory)' -WhatIf"
        $text | Should -Match 'What if: Make a pair'
        $text | Should -Match 'Bytes to move: 1\.5 GB in about 1 min 5 s'
        $text | Should -Match 'Points lost: 0'
        (Get-LastRequest $fake POST).Path | Should -Be '/v1/plans'
    }
}

Describe 'New-MirrorPair with real agents' -Tag RealAgent {
    BeforeAll { $sites = Get-TestSites; $root = $sites.Directory }

    It 'refuses <Id>' -ForEach @(
        @{ Id = 'GrainSizeInvalid'; With = @{ GrainSize = 5000 } }
        @{ Id = 'GrainSizeInvalid'; With = @{ GrainSize = 8MB } }
        @{ Id = 'SizeNotSectors'; With = @{ Size = 1000001 } }
        @{ Id = 'PairNameInvalid'; Name = 'a b?' }
        @{ Id = 'StorageNotFound'; Source = 'none/at/all.img'; NoSize = $true }
        @{ Id = 'StoragesAreTheSame'; With = @{ FirstIntermediate = 'bad.a' } }
        @{ Id = 'StorageInUse'; Target = 'bad.a' }
        @{ Id = 'AgentNotTrusted'; TargetAgent = 'stranger' }
    ) {
        $test = $_
        $with = if ($test.ContainsKey('With')) { $test.With.Clone() } else { @{} }
        if ($with['FirstIntermediate']) { $with.FirstIntermediate = Join-Path $root $with.FirstIntermediate }
        if (-not $with.ContainsKey('Size') -and -not $test['NoSize']) { $with.Size = 1MB }
        $name = if ($test['Name']) { $test.Name } else { 'bad' }
        $source = if ($test['Source']) { $test.Source } else { 'bad.a' }
        $target = if ($test['Target']) { $test.Target } else { 'bad.d' }
        $agent = if ($test['TargetAgent']) { $test.TargetAgent } else { 'site2' }
        $problem = { New-MirrorPair $name (Join-Path $root $source) (Join-Path $root $target) -TargetAgent $agent -Agent $sites.Site1 @with -ErrorAction Stop } | Should -Throw -PassThru
        $problem.FullyQualifiedErrorId | Should -BeLike "$Id,*"
        $problem.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        Get-MirrorPair 'bad*' -Agent $sites.Site1 | Should -BeNullOrEmpty
    }

    It 'makes the pair, copies it and commits, in one pipeline' {
        $name = 'pipe'
        $cycle = New-TestPair $name | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60
        $cycle.State | Should -Be 'Committed'
        (Get-MirrorPair $name -Agent $sites.Site2).Role | Should -Be 'Target'
        { New-TestPair $name } | Should -Throw -ErrorId 'PairExists,*'
        { New-MirrorPair other (Join-Path $root "$name.a") (Join-Path $root 'other.d') -TargetAgent site2 -Agent $sites.Site1 -ErrorAction Stop } |
            Should -Throw -ErrorId 'StorageAlreadyInPair,*'
    }

    It 'makes a pair of AsyncCopy with the areas of preserved grains beside its volumes' -Tag 'A-6' {
        $pair = New-TestPair mail -With @{ Service = 'AsyncCopy'; CollisionPolicy = 'SendFirst' }
        $pair.Service, $pair.CollisionPolicy, $pair.WritePolicy | Should -Be 'AsyncCopy', 'SendFirst', $null
        $pair.FirstIntermediate | Should -Be (Join-Path $root 'mail.source.preserved')
        $pair.SecondIntermediate | Should -Be (Join-Path $root 'mail.target.preserved')
        $pair.SecondIntermediate | Should -Exist
        (Get-MirrorPair mail -Agent $sites.Site2).CollisionPolicy | Should -Be 'SendFirst'
        ($pair | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60).State | Should -Be 'Committed'
        Remove-MirrorPair mail -DeleteData -Confirm:$false -Agent $sites.Site1
        (Get-ChildItem $root -Filter 'mail.*').Name | Should -Be 'mail.a' -Because 'only the source stays'
    }

    It 'makes a pair of AsyncCopy of which one agent has both sites' {
        $pair = New-MirrorPair local (Join-Path $root 'local.a') (Join-Path $root 'local.d') -Size 4MB -Service AsyncCopy -Agent $sites.Site1
        Write-MirrorVolume local 1MB ([byte[]] (, 7 * 512)) -Agent $sites.Site1
        ($pair | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60).State | Should -Be 'Committed'
        Write-MirrorVolume local 1MB ([byte[]]::new(512)) -Agent $sites.Site1
        (Read-MirrorVolume local.CommittedImage 1MB 512 -Agent $sites.Site1).Bytes[0] | Should -Be 7
    }

    It 'starts a seeded pair of AsyncCopy from what a comparison proves equal' {
        foreach ($file in 'seed.a', 'seed.d') { [IO.File]::WriteAllBytes((Join-Path $root $file), [byte[]] (, 5 * 1MB)) }
        $null = New-MirrorPair seed (Join-Path $root 'seed.a') (Join-Path $root 'seed.d') -Service AsyncCopy -Seeded -TargetAgent site2 -Agent $sites.Site1
        Wait-Until { Get-MirrorEvent -Agent $sites.Site1 | Where-Object { $_.Pair -eq 'seed' -and $_.Message -match '16 grains are equal, 0 differ' } }
        (Start-FlashcopyCycle seed -PassThru -Agent $sites.Site1 | Wait-FlashcopyCycle -Timeout 60).State | Should -Be 'Committed'
    }
}
