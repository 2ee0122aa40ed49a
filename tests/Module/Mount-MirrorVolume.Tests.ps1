BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $attachment = @{ id = 'at1'; protocol = 'Nbd'; uri = 'nbd+unix:///sales?socket=/run/x'; exportName = 'sales'; socketPath = '/run/x'; readOnly = $false; allowLocalUsers = $false; connections = 0 }
    $fake = New-FakeAgent @{ 'POST /v1/volumes/sales/attachments' = @{ Status = 201; Body = $attachment } }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Mount-MirrorVolume' {
    It 'mounts on a socket of the agent by default, for its owner only' {
        $at = Mount-MirrorVolume sales -Agent $fake.StateDirectory
        $at.Uri | Should -Be 'nbd+unix:///sales?socket=/run/x'
        $body = (Get-LastRequest $fake).Body
        $body.allowLocalUsers | Should -BeFalse
        $body.PSObject.Properties.Name | Should -Not -Contain 'address'
        $body.PSObject.Properties.Name | Should -Not -Contain 'socketPath'
    }

    It 'shows the whole URI in a window of 80 columns' {
        $uri = 'nbd+unix:///sales?socket=/run/user/1000/mirrortools/0123abcd/sales.sock'
        $route = $fake.Route['POST /v1/volumes/sales/attachments']
        $fake.Route['POST /v1/volumes/sales/attachments'] = @{ Status = 201; Body = $attachment + @{} }
        $fake.Route['POST /v1/volumes/sales/attachments'].Body.uri = $uri
        try { $text = Mount-MirrorVolume sales -Agent $fake.StateDirectory | Out-String -Width 80 }
        finally { $fake.Route['POST /v1/volumes/sales/attachments'] = $route }
        ($text -replace '\s', '') | Should -Match ([regex]::Escape($uri))
    }

    It 'takes an address, or a socket, not both' {
        $null = Mount-MirrorVolume sales -Address 127.0.0.1:0 -AllowLocalUsers -ReadOnly -Agent $fake.StateDirectory
        $body = (Get-LastRequest $fake).Body
        $body.address | Should -Be '127.0.0.1:0'
        $body.allowLocalUsers | Should -BeTrue
        $body.readOnly | Should -BeTrue
        { Mount-MirrorVolume sales -Address 127.0.0.1:0 -SocketPath /x -Agent $fake.StateDirectory } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
    }
}

Describe 'Mount-MirrorVolume with real agents' -Tag RealAgent, 'P-9' {
    BeforeAll { $sites = Get-TestSites; $pair = New-TestPair -Size 8MB }

    It 'gives the source to NBD clients (needs nbdinfo)' -Skip:(-not (Get-Command nbdinfo -ErrorAction SilentlyContinue)) {
        $at = Mount-MirrorVolume $pair.Name -Agent $sites.Site1
        try { nbdinfo --size $at.Uri | Should -Be (8MB) }
        finally { $at | Dismount-MirrorVolume }
    }

    It 'lists the attachment with its volume' {
        $at = Mount-MirrorVolume $pair.Name -Agent $sites.Site1
        try {
            $at.SocketPath | Should -Exist
            (Get-MirrorVolume $pair.Name -Agent $sites.Site1).Attachments.Uri | Should -Be $at.Uri
        }
        finally { $at | Dismount-MirrorVolume }
    }

    It 'refuses TCP without -AllowLocalUsers, and addresses that are not loopback' {
        { Mount-MirrorVolume $pair.Name -Address 127.0.0.1:0 -Agent $sites.Site1 -ErrorAction Stop } | Should -Throw -ErrorId 'AddressNotAllowed,*'
        { Mount-MirrorVolume $pair.Name -Address 0.0.0.0:0 -AllowLocalUsers -Agent $sites.Site1 -ErrorAction Stop } | Should -Throw -ErrorId 'AddressNotAllowed,*'
    }

    It 'refuses the storages behind a volume' {
        { Mount-MirrorVolume "$($pair.Name).FirstIntermediate" -Agent $sites.Site1 -ErrorAction Stop } | Should -Throw -ErrorId 'VolumeNotMountable,*'
    }
}
