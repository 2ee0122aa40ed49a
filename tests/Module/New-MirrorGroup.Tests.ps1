BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $fake = New-FakeAgent @{
        'GET /v1/pairs'         = @{ items = @((New-PairBody db), (New-PairBody log)) }
        'GET /v1/pairs/db'      = New-PairBody db
        'POST /v1/groups'       = @{ Status = 201; Body = (New-GroupBody shop) }
        'PUT /v1/pairs/db/schedule' = @{ kind = 'Every'; everyMs = 300000 }
    }
    $other = New-FakeAgent @{ 'GET /v1/pairs/far' = New-PairBody far }
}

AfterAll { $fake, $other | Stop-FakeAgent }

Describe 'New-MirrorGroup' {
    It 'makes a group of named pairs, in the order given' {
        $group = New-MirrorGroup shop log, db -Agent $fake.StateDirectory
        $group.Name | Should -Be 'shop'
        $group.Lead | Should -Be 'db'
        $body = (Get-LastRequest $fake POST).Body
        $body.name | Should -Be 'shop'
        $body.pairs | Should -Be 'log', 'db'
    }

    It 'makes one group of all pairs of the pipeline: objects, names and property names' {
        $before = $fake.Requests.Count
        (Get-MirrorPair -Agent $fake.StateDirectory | New-MirrorGroup shop).Pairs | Should -Be 'db', 'log'
        $made = @($fake.Requests.ToArray() | Select-Object -Skip $before | Where-Object Method -EQ POST)
        $made.Count | Should -Be 1
        $made[0].Path | Should -Be '/v1/groups'
        $made[0].Body.pairs | Should -Be 'db', 'log'

        $null = 'log', 'db', 'LOG' | New-MirrorGroup shop -Agent $fake.StateDirectory
        (Get-LastRequest $fake POST).Body.pairs | Should -Be 'log', 'db'
        $null = [pscustomobject]@{ Pair = 'a' }, [pscustomobject]@{ Pair = 'b' } | New-MirrorGroup shop -Agent $fake.StateDirectory
        (Get-LastRequest $fake POST).Body.pairs | Should -Be 'a', 'b'
        $null = New-MirrorGroup shop (Get-MirrorPair -Agent $fake.StateDirectory) -Agent $fake.StateDirectory
        (Get-LastRequest $fake POST).Body.pairs | Should -Be 'db', 'log'
    }

    It 'makes nothing where the pairs come from two agents' {
        $before = @($fake.Requests.ToArray() | Where-Object Method -EQ POST).Count
        & { Get-MirrorPair db -Agent $fake.StateDirectory; Get-MirrorPair far -Agent $other.StateDirectory } |
            New-MirrorGroup shop -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        $problem[0].Exception.Message | Should -Match 'one agent'
        @($fake.Requests.ToArray() | Where-Object Method -EQ POST).Count | Should -Be $before
    }

    It 'makes nothing of an empty pipeline, and refuses to make a group of no pair' {
        @() | New-MirrorGroup shop -Agent $fake.StateDirectory | Should -BeNullOrEmpty
        { New-MirrorGroup shop @() -Agent $fake.StateDirectory } | Should -Throw
    }

    It 'takes pairs of other agents as AGENT/PAIR, and stands for those of its own agent' {
        $over = New-FakeAgent @{
            'POST /v1/groups' = @{ Status = 201; Body = (New-GroupBody shop 'db', 'web2/images' @{ sourceAgents = 'site1', 'web2'; targetAgents = @('site2') }) }
            'GET /v1/pairs/db' = New-PairBody db
        }
        try {
            $group = New-MirrorGroup shop db, web2/images -Agent $over.StateDirectory
            (Get-LastRequest $over POST).Body.pairs | Should -Be 'db', 'web2/images'
            $group.Pairs | Should -Be 'db', 'web2/images'
            $group.SourceAgents | Should -Be 'site1', 'web2'
            $group.TargetAgents | Should -Be 'site2'
            ($group | Get-MirrorPair).Name | Should -Be 'db'
            @($over.Requests.ToArray() | Where-Object Path -Like '*images*') | Should -BeNullOrEmpty
        }
        finally { Stop-FakeAgent $over }
    }

    It 'names the pairs with -WhatIf, and makes nothing' {
        $before = @($fake.Requests.ToArray() | Where-Object Method -EQ POST).Count
        Get-SessionText "New-MirrorGroup shop db, log -Agent '$($fake.StateDirectory)' -WhatIf" | Should -Match "What if: Make a consistency group of the pairs 'db', 'log', led by the first: shop"
        @($fake.Requests.ToArray() | Where-Object Method -EQ POST).Count | Should -Be $before
    }

    It 'gives the schedule of the group to the pair that leads' {
        New-MirrorGroup shop db, log -Agent $fake.StateDirectory | Set-MirrorSchedule -Every 5m
        $put = @($fake.Requests.ToArray() | Where-Object Method -EQ PUT)
        $put.Path | Should -Be '/v1/pairs/db/schedule'
    }

    It 'recommends Set-MirrorGroup for <Id>' -ForEach @(
        @{ Id = 'GroupExists'; Action = 'Choose another name, or use Set-MirrorGroup -Add.' }
        @{ Id = 'GroupNotHere'; Action = "Run the same cmdlet with -Agent for 'web1', or use Set-MirrorGroup there." }
        @{ Id = 'AgentNotTrusted'; Action = "Run New-MirrorTrust between 'web1' and 'web2', then use Set-MirrorGroup again." }
        @{ Id = 'PairInGroup'; Action = 'Take it out by Set-MirrorGroup -Remove, or dissolve the group by Remove-MirrorGroup.' }
    ) {
        $refusing = New-FakeAgent @{ 'POST /v1/groups' = New-ErrorBody $Id InvalidOperation 409 $Action }
        try {
            $problem = { New-MirrorGroup shop db -Agent $refusing.StateDirectory -ErrorAction Stop } | Should -Throw -PassThru
            $problem.FullyQualifiedErrorId | Should -BeLike "$Id,*"
            $problem.ErrorDetails.RecommendedAction | Should -Be $Action
        }
        finally { Stop-FakeAgent $refusing }
    }
}

Describe 'New-MirrorGroup with real agents' -Tag RealAgent, 'F-2', 'F-16' {
    It 'takes one point of all pairs of <_>, and they are recovered together' -ForEach 'Flashcopy', 'AsyncCopy' {
        $sites = Get-TestSites
        $first = New-TestPair -With @{ Service = $_ }
        $second = New-TestPair -With @{ Service = $_ }
        $group = $first, $second | New-MirrorGroup "g-$($first.Name)" -Agent $sites.Site1 -ErrorAction Stop
        $group.State | Should -Be 'Complete'
        $group.Pairs | Should -Be $first.Name, $second.Name
        (Get-MirrorPair $second.Name -Agent $sites.Site2).Group | Should -Be $group.Name
        $cycles = @($group | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60)
        $cycles.State | Should -Be 'Committed', 'Committed'
        $cycles.Number | Select-Object -Unique | Should -HaveCount 1
        { Remove-MirrorPair $first.Name -Confirm:$false -Agent $sites.Site1 -ErrorAction Stop } | Should -Throw -ErrorId 'PairInGroup,*'
        { New-MirrorGroup $group.Name $first.Name -Agent $sites.Site1 -ErrorAction Stop } | Should -Throw -ErrorId 'GroupExists,*'
        $recovered = @(Invoke-MirrorRecovery $second.Name -Force -Confirm:$false -Agent $sites.Site2 -ErrorAction Stop)
        $recovered.Pair | Sort-Object | Should -Be @($first.Name, $second.Name | Sort-Object)
        $recovered.Point | Select-Object -Unique | Should -HaveCount 1
        { Invoke-MirrorRecovery $first.Name -Force -Confirm:$false -Agent $sites.Site2 -ErrorAction Stop } | Should -Throw -ErrorId 'PairAlreadyRecovered,*'
    }

    It 'is joined by New-MirrorPair -Group, left by Set-MirrorGroup, and dissolved with its pairs left' {
        $sites = Get-TestSites
        $first = New-TestPair
        $name = "j-$($first.Name)"
        $null = New-MirrorGroup $name $first.Name -Agent $sites.Site1 -ErrorAction Stop
        $second = New-TestPair
        (Set-MirrorGroup $name -Add $second.Name -Agent $sites.Site1 -PassThru -ErrorAction Stop).Pairs | Should -Be $first.Name, $second.Name
        Set-MirrorGroup $name -Remove $first.Name -Agent $sites.Site1 -ErrorAction Stop
        (Get-MirrorGroup $name -Agent $sites.Site2).Pairs | Should -Be $second.Name
        Remove-MirrorGroup $name -Confirm:$false -Agent $sites.Site1 -ErrorAction Stop
        Get-MirrorGroup "$name*" -Agent $sites.Site1 | Should -BeNullOrEmpty
        (Get-MirrorPair $second.Name -Agent $sites.Site1).Group | Should -BeNullOrEmpty
    }

    It 'refuses pairs of two copy services' {
        $sites = Get-TestSites
        $pairs = (New-TestPair), (New-TestPair -With @{ Service = 'AsyncCopy' })
        $problem = { $pairs | New-MirrorGroup mixed -Agent $sites.Site1 -ErrorAction Stop } | Should -Throw -PassThru
        $problem.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        $problem.Exception.Message | Should -Match 'of AsyncCopy.*of Flashcopy'
    }
}

Describe 'New-MirrorGroup with sources at two real agents' -Tag RealAgent, 'A-2', 'A-16' {
    BeforeAll {
        # p is mirrored from site1 to site2, and q the other way round.
        function New-Crossed {
            $sites = Get-TestSites
            $first = New-TestPair
            $name = 'q' + [guid]::NewGuid().ToString('n').Substring(0, 8)
            $second = New-MirrorPair $name (Join-Path $sites.Directory "$name.a") (Join-Path $sites.Directory "$name.d") -Size 16MB -TargetAgent site1 -Agent $sites.Site2 -ErrorAction Stop
            $first, $second
        }
    }

    It 'takes one point of all, whichever agent starts it' {
        $sites = Get-TestSites
        $first, $second = New-Crossed
        $group = New-MirrorGroup "o-$($first.Name)" $first.Name, "site2/$($second.Name)" -Agent $sites.Site1 -ErrorAction Stop
        $group.State | Should -Be 'Complete'
        $group.Pairs | Should -Be $first.Name, "site2/$($second.Name)"
        $group.SourceAgents | Should -Be 'site1', 'site2'
        $group.TargetAgents | Should -Be 'site2', 'site1'
        (Get-MirrorGroup $group.Name -Agent $sites.Site2).Pairs | Should -Be "site1/$($first.Name)", $second.Name
        $cycle = $group | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60
        $cycle.State | Should -Be 'Committed'
        Wait-Until { (Get-MirrorPair $second.Name -Agent $sites.Site1).CommittedPoint -eq $cycle.Number }
        $next = Start-FlashcopyCycle $second.Name -PassThru -Agent $sites.Site2 | Wait-FlashcopyCycle -Timeout 60
        $next.State | Should -Be 'Committed'
        Wait-Until { (Get-MirrorPair $first.Name -Agent $sites.Site2).CommittedPoint -eq $next.Number }

        $problem = { Set-MirrorSchedule $second.Name -Every 5m -Agent $sites.Site2 -ErrorAction Stop } | Should -Throw -PassThru
        $problem.FullyQualifiedErrorId | Should -BeLike 'GroupNotHere,*'
        $problem.ErrorDetails.RecommendedAction | Should -Match "'site1'"
        { Set-MirrorGroup $group.Name -NewName other -Agent $sites.Site2 -ErrorAction Stop } | Should -Throw -ErrorId 'GroupNotHere,*'
        { Remove-MirrorGroup $group.Name -Confirm:$false -Agent $sites.Site2 -ErrorAction Stop } | Should -Throw -ErrorId 'GroupNotHere,*'
        Set-MirrorGroup $group.Name -Remove "SITE2/$($second.Name)" -Agent $sites.Site1 -ErrorAction Stop
        (Get-MirrorPair $second.Name -Agent $sites.Site2).Group | Should -BeNullOrEmpty
        Set-MirrorGroup $group.Name -Add "site2/$($second.Name)" -Agent $sites.Site1 -ErrorAction Stop
        Remove-MirrorGroup $group.Name -Confirm:$false -Agent $sites.Site1 -ErrorAction Stop
        Get-MirrorGroup "$($group.Name)*" -Agent $sites.Site2 | Should -BeNullOrEmpty
    }

    It 'says what is wrong with a pair of another agent' {
        $sites = Get-TestSites
        $first, $second = New-Crossed
        $problem = { New-MirrorGroup wrong $first.Name, nobody/x -Agent $sites.Site1 -ErrorAction Stop } | Should -Throw -PassThru
        $problem.FullyQualifiedErrorId | Should -BeLike 'AgentNotTrusted,*'
        $problem.ErrorDetails.RecommendedAction | Should -Match "New-MirrorTrust between 'site1' and 'nobody'"
        { New-MirrorGroup wrong $first.Name, site2/none -Agent $sites.Site1 -ErrorAction Stop } | Should -Throw -ErrorId 'PairNotFound,*'
        $problem = { New-MirrorGroup wrong $first.Name, $second.Name -Agent $sites.Site1 -ErrorAction Stop } | Should -Throw -PassThru
        $problem.FullyQualifiedErrorId | Should -BeLike 'PairNotHere,*'
        $problem.ErrorDetails.RecommendedAction | Should -Match "site2/$($second.Name)"
        { New-MirrorGroup wrong "site2/$($second.Name)", $first.Name -Agent $sites.Site1 -ErrorAction Stop } | Should -Throw -ErrorId 'GroupNotHere,*'
    }
}
